// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kbuild/fragment.h"

#include <algorithm>
#include <map>

#include "harness/base/check.h"
#include "harness/base/text.h"
#include "harness/kbuild/embedded.h"

namespace bioscope::kbuild {
namespace {

constexpr std::string_view kPrefix = "CONFIG_";
constexpr std::string_view kNotSet = " is not set";

bool is_symbol(std::string_view text) {
  return !text.empty() && text.find_first_not_of(
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
                              std::string_view::npos;
}

// "# CONFIG_X is not set" is no comment.
std::string_view not_set(std::string_view line) {
  if (!line.starts_with('#')) return {};
  line = trimmed(line.substr(1));
  if (!line.starts_with(kPrefix) || !line.ends_with(kNotSet)) return {};
  return line.substr(kPrefix.size(), line.size() - kPrefix.size() - kNotSet.size());
}

// Where the value ends: at a blank, but not within quotes.
std::size_t value_end(std::string_view text) {
  if (!text.starts_with('"')) return std::min(text.find_first_of(" \t"), text.size());
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  return std::string_view::npos;
}

// The latest wish of each symbol, in the order of the first.
std::vector<Wish> latest(const std::vector<Wish>& wishes) {
  std::vector<Wish> result;
  for (const auto& wish : wishes) {
    const auto same = std::ranges::find(result, wish.symbol, &Wish::symbol);
    if (same == result.end())
      result.push_back(wish);
    else
      *same = wish;
  }
  return result;
}

}  // namespace

Result<std::vector<Wish>> parse_fragment(std::string_view text, std::string_view origin) {
  std::vector<Wish> wishes;
  for (unsigned number = 1; !text.empty(); ++number) {
    const auto line = trimmed(take_line(text));
    const auto where = fmt::format("{}:{}", origin, number);
    if (const auto symbol = not_set(line); is_symbol(symbol)) {
      wishes.push_back({.symbol = std::string(symbol), .value = "n", .origin = where});
      continue;
    }
    if (line.empty() || line.starts_with('#')) continue;
    const auto equals = line.find('=');
    if (!line.starts_with(kPrefix) || equals == std::string_view::npos ||
        !is_symbol(line.substr(kPrefix.size(), equals - kPrefix.size())))
      return usage_error("{}: \"{}\" is no line of a configuration; write CONFIG_X=y", where, line);
    const auto rest = line.substr(equals + 1);
    const auto end = value_end(rest);
    const auto reason = end == std::string_view::npos ? "" : trimmed(rest.substr(end));
    if (end == 0 || end == std::string_view::npos || (!reason.empty() && !reason.starts_with('#')))
      return usage_error("{}: \"{}\" has no value of one word or \"text\"", where, line);
    wishes.push_back({.symbol = std::string(line.substr(kPrefix.size(), equals - kPrefix.size())),
                      .value = std::string(rest.substr(0, end)),
                      .origin = where});
  }
  return wishes;
}

std::vector<Wish> embedded_fragment(std::string_view name) {
  const auto* const found =
      std::ranges::find(kEmbedded, name, [](const auto& entry) { return entry.first; });
  BSC_CHECK(found != std::end(kEmbedded));
  auto wishes = parse_fragment(found->second, fmt::format("{}.config", name));
  BSC_CHECK(wishes.has_value());
  return std::move(*wishes);
}

std::string to_config(const std::vector<Wish>& wishes) {
  std::string text;
  for (const auto& wish : latest(wishes))
    text += wish.value == "n" ? fmt::format("# CONFIG_{} is not set\n", wish.symbol)
                              : fmt::format("CONFIG_{}={}\n", wish.symbol, wish.value);
  return text;
}

std::vector<Unmet> unmet(const std::vector<Wish>& wishes, std::string_view config) {
  std::map<std::string_view, std::string_view> values;
  while (!config.empty()) {
    const auto line = take_line(config);
    const auto equals = line.find('=');
    if (line.starts_with(kPrefix) && equals != std::string_view::npos)
      values[line.substr(kPrefix.size(), equals - kPrefix.size())] = line.substr(equals + 1);
  }
  std::vector<Unmet> result;
  for (const auto& wish : latest(wishes)) {
    const auto found = values.find(wish.symbol);
    const std::string actual(found == values.end() ? "n" : found->second);
    if (actual != wish.value && !(wish.value == "m" && actual == "y"))
      result.push_back({.wish = wish, .actual = actual});
  }
  return result;
}

}  // namespace bioscope::kbuild

// SPDX-License-Identifier: GPL-2.0-only
#include "harness/package/record.h"

#include <algorithm>

namespace bioscope::package {
namespace {

constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigits = "0123456789";

bool made_of(std::string_view text, std::initializer_list<std::string_view> sets) {
  return std::ranges::all_of(text, [&](char c) {
    return std::ranges::any_of(sets, [c](auto set) { return set.find(c) != set.npos; });
  });
}

// Debian policy 5.6.1 and 5.6.12.
bool is_name(std::string_view text) {
  return text.size() > 1 && made_of(text.substr(0, 1), {kLower, kDigits}) &&
         made_of(text, {kLower, kDigits, "+-."});
}

bool is_version(std::string_view text) {
  return !text.empty() && made_of(text.substr(0, 1), {kUpper, kLower, kDigits}) &&
         made_of(text, {kUpper, kLower, kDigits, ".+-~:"});
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\n");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1);
}

}  // namespace

Result<Reference> Reference::parse(std::string_view text) {
  const auto equals = text.find('=');
  const auto name = text.substr(0, equals);
  const auto version = equals == text.npos ? "" : text.substr(equals + 1);
  if (!is_name(name) || (equals != text.npos && !is_version(version)))
    return usage_error("'{}' is no Debian package; give NAME or NAME=VERSION", text);
  return Reference{.name = std::string(name), .version = std::string(version)};
}

std::string Reference::text() const { return version.empty() ? name : name + "=" + version; }

std::string Reference::file_name() const {
  std::string result = name + "_" + version;
  for (auto at = result.find(':'); at != result.npos; at = result.find(':'))
    result.replace(at, 1, "%3a");
  return result;
}

std::string field(std::string_view record, std::string_view name) {
  while (!record.empty() && record.front() != '\n') {
    // A field lasts until a line that does not start with a blank.
    auto end = record.find('\n');
    while (end != record.npos && end + 1 < record.size() &&
           (record[end + 1] == ' ' || record[end + 1] == '\t'))
      end = record.find('\n', end + 1);
    const auto whole = record.substr(0, end);
    if (whole.starts_with(name) && whole.substr(name.size()).starts_with(':'))
      return std::string(trimmed(whole.substr(name.size() + 1)));
    record.remove_prefix(std::min(record.size(), whole.size() + 1));
  }
  return {};
}

std::vector<std::string> dependencies(std::string_view record) {
  std::vector<std::string> names;
  for (const char* kind : {"Pre-Depends", "Depends"}) {
    const auto value = field(record, kind);
    for (std::string_view rest = value; !rest.empty();) {
      const auto clause = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), clause.size() + 1));
      // "name:any (>= 1) | other": the name ends at a qualifier, a bound or an alternative.
      const auto first = trimmed(clause);
      std::string name(first.substr(0, first.find_first_of(" \t\n:(|")));
      if (!name.empty() && std::ranges::find(names, name) == names.end())
        names.push_back(std::move(name));
    }
  }
  return names;
}

}  // namespace bioscope::package

// SPDX-License-Identifier: GPL-2.0-only
#include "harness/base/file.h"
#include "harness/kernel/kernel.h"

namespace bioscope::kernel {
namespace {

constexpr std::string_view kPrefix = "CONFIG_";

std::string_view unquoted(std::string_view value) {
  if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
    return value.substr(1, value.size() - 2);
  return value;
}

}  // namespace

Result<Config> Config::read(const std::filesystem::path& path) {
  BSC_TRY_ASSIGN(const auto text, read_file(path));
  return within(path.string(), parse(text));
}

Result<Config> Config::parse(std::string_view text) {
  Config config;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto equals = line.find('=');
    if (!line.starts_with(kPrefix) || equals == std::string_view::npos) continue;
    config.values_.insert_or_assign(
        std::string(line.substr(kPrefix.size(), equals - kPrefix.size())),
        std::string(unquoted(line.substr(equals + 1))));
  }
  if (config.values_.empty())
    return usage_error("it is no kernel configuration: it has no CONFIG_ line");
  return config;
}

std::optional<std::string> Config::get(std::string_view symbol) const {
  if (symbol.starts_with(kPrefix)) symbol.remove_prefix(kPrefix.size());
  const auto found = values_.find(symbol);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

}  // namespace bioscope::kernel

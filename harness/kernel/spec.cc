// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kernel/spec.h"

#include <algorithm>
#include <filesystem>

namespace bioscope::kernel {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_series(std::string_view text) {  // "6.12"
  const auto dot = text.find('.');
  return dot != std::string_view::npos && is_number(text.substr(0, dot)) &&
         is_number(text.substr(dot + 1));
}

}  // namespace

Result<Spec> parse_spec(std::string_view text) {
  if (text == "stock") return Spec{Source::kStock, {}};
  if (text == "host") return Spec{Source::kHost, {}};
  if (text.starts_with("file:")) {
    const auto path = text.substr(5);
    if (path.empty()) return usage_error("kernel {}: name the bzImage or vmlinux: file:PATH", text);
    return Spec{Source::kFile, std::string(path)};
  }
  if (text.starts_with("built:")) {
    const auto name = text.substr(6);
    if (name.empty())
      return usage_error("kernel {}: name a kernel that `bioscope kernel list` shows: built:NAME",
                         text);
    return Spec{Source::kBuilt, std::string(name)};
  }
  if (text.starts_with("stock:=")) {
    const auto version = text.substr(7);
    if (version.empty())
      return usage_error("kernel {}: name the package's version, as in stock:=6.1.192-2", text);
    return Spec{Source::kPinned, std::string(version)};
  }
  if (text.starts_with("stock:")) {
    const auto series = text.substr(6);
    if (is_series(series)) return Spec{Source::kSeries, std::string(series)};
    return usage_error(
        "kernel {}: after stock: comes a series as in stock:6.12 or a version as in "
        "stock:=6.1.192-2",
        text);
  }
  std::error_code ignored;
  if (std::filesystem::exists(text, ignored))
    return usage_error("kernel {}: for a file write file:{}", text, text);
  return usage_error(
      "kernel {}: a kernel is stock, stock:6.12, stock:=VERSION, built:NAME, "
      "file:PATH or host",
      text.empty() ? "\"\"" : text);
}

}  // namespace bioscope::kernel

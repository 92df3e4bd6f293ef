// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/symbols.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace bioscope::evidence {
namespace {

// Farther behind its last symbol no address is in the kernel or in that module.
constexpr std::uint64_t kLargestFunction = 1u << 20;

}  // namespace

Symbols::Symbols(std::string text) : text_(std::move(text)) {
  const char* const begin = text_.data();
  const char* const end = begin + text_.size();
  symbols_.reserve(text_.size() / 40);
  for (const char* line = begin; line < end;) {
    const char* const stop = std::find(line, end, '\n');
    Symbol symbol;
    const auto [after, error] = std::from_chars(line, stop, symbol.address, 16);
    if (error == std::errc{} && stop - after > 3 && after[0] == ' ' && after[2] == ' ' &&
        symbol.address != 0) {
      const char* const name = after + 3;
      const char* const tab = std::find(name, stop, '\t');
      symbol.name = static_cast<std::uint32_t>(name - begin);
      symbol.end = static_cast<std::uint32_t>(tab - begin);
      if (stop - tab > 2) {
        symbol.module = static_cast<std::uint32_t>(tab + 1 - begin);
        symbol.module_end = static_cast<std::uint32_t>(stop - begin);
      }
      symbols_.push_back(symbol);
    }
    line = stop + 1;
  }
  std::ranges::stable_sort(symbols_, {}, &Symbol::address);
}

std::string Symbols::name(std::uint64_t address) const {
  const auto after = std::ranges::upper_bound(symbols_, address, {}, &Symbol::address);
  if (after == symbols_.begin() || address - std::prev(after)->address > kLargestFunction)
    return fmt::format("{:#x}", address);
  // Of aliases at one address the first in the file.
  const auto first =
      std::ranges::lower_bound(symbols_, std::prev(after)->address, {}, &Symbol::address);
  const std::string_view text = text_;
  std::string name = fmt::format("{}+{:#x}", text.substr(first->name, first->end - first->name),
                                 address - first->address);
  if (first->module != 0)
    name.append(" ").append(text.substr(first->module, first->module_end - first->module));
  return name;
}

}  // namespace bioscope::evidence

// SPDX-License-Identifier: GPL-2.0-only
// Symbols: names for a boot's kernel addresses, from the guest's /proc/kallsyms. Lookups are
// binary searches; an address that no symbol covers stays a number.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bioscope::evidence {

class Symbols {
 public:
  Symbols() = default;
  // Lines "ADDRESS TYPE NAME[\t[MODULE]]". Lines that are none are passed over.
  explicit Symbols(std::string text);

  // "bio_endio+0x1c", with " [dm_mod]" behind it for a module; "0xffff..." if unknown.
  std::string name(std::uint64_t address) const;
  std::size_t size() const { return symbols_.size(); }

 private:
  struct Symbol {
    std::uint64_t address = 0;
    std::uint32_t name = 0;  // offsets in text_
    std::uint32_t end = 0;
    std::uint32_t module = 0;  // 0: none
    std::uint32_t module_end = 0;
  };

  std::string text_;
  std::vector<Symbol> symbols_;
};

}  // namespace bioscope::evidence

// SPDX-License-Identifier: GPL-2.0-only
// kallsyms: lines "ADDRESS TYPE NAME" as in /proc/kallsyms, which lists the kernel's own symbols
// first and then, with "[MODULE]" behind the name, those of modules and of generated code.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bioscope::wire {

// Sifts the file, in pieces of any size, for the kernel's own text: types t, T, w and W.
class TextSymbols {
 public:
  // The whole lines that `bytes` complete.
  std::string feed(std::string_view bytes);

  // The kernel's own are over; what comes is passed over.
  bool ended() const { return ended_; }

 private:
  void take(std::string_view line, std::string& lines);

  std::string rest_{};  // of a line
  bool ended_ = false;
};

// The address in the first of `lines` that names `symbol`; 0 if none does, or if it is hidden.
std::uint64_t symbol_address(std::string_view lines, std::string_view symbol);

// Of sixteen digits or fewer; 0 if there are none.
std::uint64_t hex_address(std::string_view digits);

}  // namespace bioscope::wire

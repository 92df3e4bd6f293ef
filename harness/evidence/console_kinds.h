// SPDX-License-Identifier: GPL-2.0-only
// Kinds: the first lines by which a Linux kernel (5.15 to 6.19, x86-64) opens a report against
// itself, and how such a report goes on. For console.cc alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bioscope::evidence {

// How a report goes on behind its first line, and so where it ends.
enum class Shape {
  kTrace,  // registers and stack up to "---[ end trace"
  kBox,    // up to a closing line of "="
  kStack,  // up to the end of its stack trace
  kMaybe,  // as kStack, but there need not be one
  kGroup,  // further lines of the same printer
  kPanic,  // what panic() still prints
};

struct Header {
  std::string_view kind{};
  std::string title{};
  Shape shape{};
  bool more = false;  // BUG(), WARN() or die() may add a first line of its own
  int cpu = -1;       // where the first line names it
};

// The report that `text` opens. `boxed`: the kernel line before was one of "=" alone.
// `message`: what the kernel printed between "cut here" and this line, empty without.
std::optional<Header> recognise(std::string_view text, bool boxed, std::string_view message);

// What die() prints: "Oops: 0002 [#1] PREEMPT SMP", "invalid opcode: 0000 [#1]".
bool is_die_line(std::string_view text);

// The number behind `mark`, -1 without.
int number_after(std::string_view text, std::string_view mark);

// Without addresses, numbers, offsets into functions and line numbers.
std::string normalise(std::string_view text);

}  // namespace bioscope::evidence

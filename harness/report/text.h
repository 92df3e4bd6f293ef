// SPDX-License-Identifier: GPL-2.0-only
// Text of kernels and workloads, made safe for whoever reads a report: valid UTF-8 is kept, what
// could move a cursor, turn the direction of text or break XML becomes '?'.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bioscope::report {

// One line of at most `limit` characters; blanks for line ends and tabs. A longer text ends with
// "...".
std::string one_line(std::string_view text, std::size_t limit);

// Several lines, the same.
std::string lines(std::string_view text, std::size_t limit);

}  // namespace bioscope::report

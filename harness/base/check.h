// SPDX-License-Identifier: GPL-2.0-only
// BSC_CHECK: a broken invariant of our own. Always on; prints the place and aborts. Never use it
// for input, for the operating system's answers or for what a kernel did.
#pragma once

namespace bioscope {
[[noreturn]] void check_failed(const char* expression, const char* file, int line);
}  // namespace bioscope

#define BSC_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::bioscope::check_failed(#condition, __FILE__, __LINE__))

// SPDX-License-Identifier: GPL-2.0-only
#include "harness/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace bioscope {

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "bioscope: broken invariant at %s:%d: %s\n", file, line, expression);
  std::abort();
}

}  // namespace bioscope

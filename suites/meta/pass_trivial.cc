// SPDX-License-Identifier: GPL-2.0-only
// Nothing happens and nothing is traced: the shortest way through the whole harness.
#include <gtest/gtest.h>

#include "guest/scenario/scenario.h"

BSC_SCENARIO(meta, pass_trivial, .summary = "a body that claims only what is true passes",
             .expect = "PASS") {
  EXPECT_GT(w.cpus(), 0u);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include "guest/scenario/scenario.h"

BSC_SCENARIO(meta, assertion_failed, .summary = "a claim that does not hold is a failure",
             .expect = "FAIL", .expect_finding = "assertion") {
  EXPECT_EQ(w.cpus(), 0u) << "said on purpose";
}

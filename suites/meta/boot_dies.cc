// SPDX-License-Identifier: GPL-2.0-only
// The kernel boots, finds neither an init nor a root file system, and gives up.
#include <gtest/gtest.h>

#include "guest/scenario/scenario.h"

BSC_SCENARIO(meta, boot_dies, .summary = "a kernel that prints and dies before the agent fails",
             .boot = {"rdinit=/no_such_init"}, .expect = "FAIL", .expect_finding = "boot") {
  ADD_FAILURE() << "the body ran";
}

// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/attribute.h"
#include "guest/scenario/scenario.h"

using namespace bioscope::scenario;

BSC_SCENARIO(meta, panic_by_sysrq, .summary = "a kernel that panics fails", .expect = "FAIL",
             .expect_finding = "panic") {
  BSC_SETUP(write_attribute("/proc/sysrq-trigger", "c"));
}

// SPDX-License-Identifier: GPL-2.0-only
// The kernel kills the task that ran into the BUG: the body itself.
#include "guest/scenario/rogue_module.h"
#include "guest/scenario/scenario.h"

using namespace bioscope::scenario;

BSC_SCENARIO(meta, bug_on_console, .summary = "a BUG on the console fails", .needs = {"module:brd"},
             .expect = "FAIL", .expect_finding = "splat:bug") {
  BSC_SETUP(commit(Misdeed::kBug));
}

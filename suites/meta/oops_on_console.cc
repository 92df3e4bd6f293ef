// SPDX-License-Identifier: GPL-2.0-only
// The kernel kills the task that oopsed: the body itself.
#include "guest/scenario/rogue_module.h"
#include "guest/scenario/scenario.h"

using namespace bioscope::scenario;

BSC_SCENARIO(meta, oops_on_console, .summary = "an oops on the console fails",
             .needs = {"module:brd"}, .expect = "FAIL", .expect_finding = "splat:null_deref") {
  BSC_SETUP(commit(Misdeed::kNullDereference));
}

// SPDX-License-Identifier: GPL-2.0-only
// Kernel code that keeps a CPU for longer than the watchdog allows. Only where the kernel does not
// preempt itself: an older or otherwise built kernel knows no `preempt=` and ignores it.
#include "guest/scenario/rogue_module.h"
#include "suites/meta/setting.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_meta;

BSC_SCENARIO(meta, soft_lockup, .summary = "a soft lockup fails", .needs = {"module:brd", "cpus:2"},
             .boot = {"preempt=voluntary"}, .expect = "FAIL",
             .expect_finding = "splat:soft_lockup") {
  BSC_SETUP(set(w, "/proc/sys/kernel/watchdog_thresh", "1"));  // reports after twice as long
  BSC_SETUP(commit(Misdeed::kSpin, std::chrono::seconds(5)));
}

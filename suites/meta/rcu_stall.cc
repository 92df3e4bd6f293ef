// SPDX-License-Identifier: GPL-2.0-only
// The same spin as in soft_lockup, with the watchdog off, until RCU misses the CPU. RCU only looks
// while somebody waits for it.
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

#include "guest/scenario/rogue_module.h"
#include "suites/meta/setting.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_meta;

BSC_SCENARIO(meta, rcu_stall, .summary = "an RCU stall fails", .needs = {"module:brd", "cpus:2"},
             .boot = {"preempt=voluntary"}, .expect = "FAIL", .expect_finding = "splat:rcu_stall") {
  BSC_SETUP(set(w, "/proc/sys/kernel/soft_watchdog", "0"));
  BSC_SETUP(set(w, "/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout", "3"));  // its least
  const std::jthread waiter([](const std::stop_token& over) {
    while (!over.stop_requested()) ::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
  });
  BSC_SETUP(commit(Misdeed::kSpin, std::chrono::seconds(7)));
}

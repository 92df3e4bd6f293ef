// SPDX-License-Identifier: GPL-2.0-only
// Kernel code that keeps one CPU for too long, while planned delays hold the other up, one after
// the other: whose doing the lockup is cannot be told.
#include <atomic>
#include <chrono>

#include "guest/scenario/ramdisk.h"
#include "guest/scenario/rogue_module.h"
#include "suites/meta/setting.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_meta;

BSC_SCENARIO(meta, fault_stall, .summary = "a stall that is possibly ours shows nothing",
             .needs = {"module:brd", "cpus:2"}, .boot = {"preempt=voluntary"},
             .faults = {{.name = "held",
                         .kind = "delay",
                         .at = {.hook = "entry:bio_endio", .where = {.device = "ram0"}},
                         .count = 19,
                         .delay_us = 200'000,
                         .planned = true}},
             .expect = "INCONCLUSIVE") {
  BSC_SETUP(set(w, "/proc/sys/kernel/watchdog_thresh", "1"));  // reports after twice as long
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  std::atomic<bool> over = false;
  w.on_every_cpu([&](unsigned cpu) {
    if (cpu == 0) {
      // The watchdog counts in steps of 1.07 s and looks every 0.4 s: a first report comes after
      // 2.2 to 3.7 s, a second one not before 4.3 s.
      const auto committed = commit(Misdeed::kSpin, std::chrono::milliseconds(4000));
      over = true;
      BSC_SETUP(committed);
    } else if (cpu == 1) {
      while (!over) {
        BSC_SETUP(read_sectors(disk, {0, 8}));
        w.host().progress();
      }
    }
  });
}

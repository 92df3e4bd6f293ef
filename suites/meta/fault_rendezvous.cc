// SPDX-License-Identifier: GPL-2.0-only
// One vCPU's read is held in the kernel until the other vCPU has submitted one of its own.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "guest/scenario/ramdisk.h"

using namespace bioscope::scenario;
using namespace std::chrono_literals;

BSC_SCENARIO(
    meta, fault_rendezvous, .summary = "a rendezvous holds a task until its partner has come",
    .needs = {"module:brd", "cpus:2"}, .probes = {"bio"},
    .faults = {{.name = "meet",
                .kind = "rendezvous",
                .at = {.hook = "entry:bio_endio", .where = {.task = "bsc/0", .device = "ram0"}},
                .until = {.hook = "entry:submit_bio_noacct",
                          .where = {.task = "bsc/1", .device = "ram1"}},
                .delay_us = 200'000,
                .planned = true}},
    .expect = "PASS") {
  const auto first = BSC_SETUP(ramdisk(w, 0));
  const auto second = BSC_SETUP(ramdisk(w, 1));
  std::atomic<bool> begun = false;
  std::atomic<bool> met = false;
  w.on_every_cpu([&](unsigned cpu) {
    if (cpu == 0) {
      begun = true;
      BSC_SETUP(read_sectors(first, {0, 8}));
      EXPECT_TRUE(met) << "the read came back before its partner was there";
    } else if (cpu == 1) {
      while (!begun) std::this_thread::yield();
      std::this_thread::sleep_for(10ms);
      met = true;
      BSC_SETUP(read_sectors(second, {0, 8}));
    }
  });
}

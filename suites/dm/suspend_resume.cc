// SPDX-License-Identifier: GPL-2.0-only
// Suspends and resumes a device while every vCPU has requests in flight. dm must wait for those
// that it has taken, put those that come meanwhile aside, and submit them after the resume.
#include <gtest/gtest.h>

#include <thread>

#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;

BSC_SCENARIO(dm, suspend_resume,
             .summary =
                 "no bio is lost, doubled or reordered past its master when dm suspends "
                 "and resumes under I/O",
             .needs = {"module:dm_mod", "module:brd", "cpus:2"}, .probes = {"bio", "dm"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "remap_of_live_master", "suspended_is_idle", "pool_empty_at_exit"},
             .witness = {"suspend_with_io", "overlap_on_two_cpus", "dm_clone_completed"},
             .faults = {{.name = "before_the_io_counts",
                         .kind = "delay",
                         .at = {.hook = "entry:bio_alloc_clone", .where = {.task = "bsc/*"}},
                         .hit = 200,
                         .count = 8,
                         .delay_us = 30'000},
                        {.name = "late_clone",
                         .kind = "delay",
                         .at = {.hook = "entry:clone_endio"},
                         .hit = 200,
                         .count = 8,
                         .delay_us = 30'000},
                        {.name = "late_suspend",
                         .kind = "delay",
                         .at = {.hook = "exit:dm_suspend"},
                         .hit = 3,
                         .count = 2,
                         .delay_us = 30'000},
                        {.name = "late_resume",
                         .kind = "delay",
                         .at = {.hook = "entry:dm_resume"},
                         .hit = 3,
                         .count = 2,
                         .delay_us = 30'000}},
             .shares_boot = true) {
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "suspended", {linear(BSC_SETUP(ramdisk(w, 0)))}));

  change_under_traffic(w, device->disk(), {}, [&](unsigned round) {
    // noflush leaves to the target what a flushing suspend waits for: take turns.
    const auto suspended = device->suspend({.noflush = round % 2 == 1, .skip_lockfs = true});
    EXPECT_TRUE(suspended) << suspended.error().text();
    if (!suspended) return false;
    std::this_thread::sleep_for(kSuspendedFor);
    const auto resumed = device->resume();
    EXPECT_TRUE(resumed) << resumed.error().text();
    return resumed.has_value();
  });
}

// SPDX-License-Identifier: GPL-2.0-only
// Whoever resumes a device is held up each time that he has put work on a queue: what dm tells its
// worker of the bios that waited has to be true by then. The worker may need the CPU that it has.
#include <gtest/gtest.h>

#include <thread>

#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm;

BSC_SCENARIO(dm, resumed_slowly,
             .summary = "bios that wait for a resume are sent by it, however slow it is",
             .needs = {"module:dm_mod", "module:brd", "cpus:2"}, .probes = {"bio", "dm"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "remap_of_live_master", "suspended_is_idle", "pool_empty_at_exit"},
             .witness = {"suspend_with_io", "dm_clone_completed"}, .boot = {"preempt=full"},
             .faults = {{.name = "the resumer is slow",
                         .kind = "delay",
                         .at = {.hook = "exit:queue_work_on", .where = {.task = BSC_CHANGER}},
                         .count = 60,
                         .delay_us = 40'000,
                         .planned = true}},
             .shares_boot = true) {
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "resumed", {linear(BSC_SETUP(ramdisk(w, 0)))}));
  change_under_traffic(w, device->disk(), {}, [&](unsigned) {
    const auto suspended = device->suspend({.noflush = false, .skip_lockfs = true});
    EXPECT_TRUE(suspended) << suspended.error().text();
    if (!suspended) return false;
    std::this_thread::sleep_for(kSuspendedFor);
    const auto resumed = device->resume();
    EXPECT_TRUE(resumed) << resumed.error().text();
    return resumed.has_value();
  });
}

// SPDX-License-Identifier: GPL-2.0-only
// Suspends a device whose disk takes its time: every suspend begins with bios in flight below dm
// and may not succeed before the last of them is back, whether it flushes or not.
#include <gtest/gtest.h>

#include <thread>

#include "guest/scenario/null_block.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;

BSC_SCENARIO(dm, suspend_slow_disk,
             .summary = "a suspend waits for the bios that the disk below still has",
             .needs = {"module:dm_mod", "module:null_blk", "cpus:2"}, .probes = {"bio", "dm"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "remap_of_live_master", "suspended_is_idle", "pool_empty_at_exit"},
             .witness = {"suspend_with_io", "overlap_on_two_cpus", "dm_clone_completed"},
             .shares_boot = true) {
  constexpr std::uint64_t kNanoseconds = 20'000'000;  // of the disk, for a request
  const auto disk = BSC_SETUP(null_block(
      w, "nullb_own",
      {.completion = NullBlockOptions::Completion::kTimer, .nanoseconds = kNanoseconds}));
  const auto device = BSC_SETUP(MappedDevice::create(w, "slow", {linear(disk)}));

  change_under_traffic(w, device->disk(), {.batches = 12, .requests = 32, .batches_between = 2},
                       [&](unsigned round) {
                         const auto suspended =
                             device->suspend({.noflush = round % 2 == 1, .skip_lockfs = true});
                         EXPECT_TRUE(suspended) << suspended.error().text();
                         if (!suspended) return false;
                         std::this_thread::sleep_for(kSuspendedFor);
                         const auto resumed = device->resume();
                         EXPECT_TRUE(resumed) << resumed.error().text();
                         return resumed.has_value();
                       });
}

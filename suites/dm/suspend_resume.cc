// SPDX-License-Identifier: GPL-2.0-only
// Suspends and resumes a device while every vCPU has requests in flight. dm must wait for those
// that it has taken, put those that come meanwhile aside, and submit them after the resume.
#include <gtest/gtest.h>

#include <chrono>
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
             .witness = {"suspend_with_io", "overlap_on_two_cpus", "dm_clone_completed"}) {
  constexpr unsigned kBatches = 24;  // of each vCPU
  constexpr unsigned kBatchRequests = 50;
  constexpr unsigned kBatchesPerRound = 4;  // of all vCPUs, between two suspends
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "suspended", {linear(BSC_SETUP(ramdisk(w, 0)))}));

  std::atomic<unsigned> batches{0};
  std::atomic<bool> done{false};
  const std::jthread suspender([&] {
    // noflush leaves to the target what a flushing suspend waits for: take turns.
    for (unsigned round = 0; !done; ++round) {
      const auto suspended = device->suspend({.noflush = round % 2 == 1, .skip_lockfs = true});
      EXPECT_TRUE(suspended) << suspended.error().text();
      if (!suspended) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      const auto resumed = device->resume();
      EXPECT_TRUE(resumed) << resumed.error().text();
      if (!resumed) return;
      const unsigned until = batches + kBatchesPerRound;
      while (!done && batches < until) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  // When a thread below fails to set itself up, the suspender must end as well.
  const struct SetAtEnd {
    std::atomic<bool>& flag;
    ~SetAtEnd() { flag = true; }
  } end{done};

  w.on_every_cpu([&](unsigned cpu) {
    Stream stream = open_stream(w, device->disk(), cpu, {});
    for (unsigned batch = 0; batch < kBatches; ++batch) {
      BSC_SETUP(stream.run({.requests = kBatchRequests, .read_percent = 50, .random = true}));
      ++batches;
    }
    done = true;
    BSC_SETUP(stream.read_back());
    check(stream);
  });
}

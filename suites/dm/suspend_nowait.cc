// SPDX-License-Identifier: GPL-2.0-only
// Bios that may not wait meet a suspend: those that came before it count as in flight like any
// other, those that come after it are turned away at once.
#include <gtest/gtest.h>
#include <sys/uio.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;

BSC_SCENARIO(dm, suspend_nowait,
             .summary =
                 "a bio that may not wait is done or turned away, and none is in a "
                 "suspended device",
             .needs = {"module:dm_mod", "module:brd", "cpus:2"}, .probes = {"bio", "dm"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "remap_of_live_master", "suspended_is_idle", "pool_empty_at_exit"},
             .witness = {"overlap_on_two_cpus", "dm_clone_completed", "bio_failed"},
             .shares_boot = true) {
  constexpr unsigned kRequests = 960;          // of each vCPU
  constexpr unsigned kRequestsPerRound = 160;  // of all vCPUs, between two suspends
  constexpr std::size_t kBytes = 4096;
  constexpr unsigned kBlocks = 64;
  constexpr std::chrono::microseconds kTurnedAway{200};
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "nowait", {linear(BSC_SETUP(ramdisk(w, 0)))}));

  std::atomic<unsigned> requests{0};
  std::atomic<bool> done{false};
  const std::jthread suspender([&] {
    for (unsigned round = 0; !done; ++round) {
      const auto suspended = device->suspend({.noflush = round % 2 == 1, .skip_lockfs = true});
      EXPECT_TRUE(suspended) << suspended.error().text();
      if (!suspended) return;
      std::this_thread::sleep_for(kSuspendedFor);
      const auto resumed = device->resume();
      EXPECT_TRUE(resumed) << resumed.error().text();
      if (!resumed) return;
      const unsigned until = requests + kRequestsPerRound;
      while (!done && requests < until) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  const struct SetAtEnd {
    std::atomic<bool>& flag;
    ~SetAtEnd() { flag = true; }
  } end{done};

  w.on_every_cpu([&](unsigned cpu) {
    const Extent share = share_of(device->disk(), cpu, w.cpus());
    const auto fd = BSC_SETUP(open_disk(device->disk()));
    const auto buffer = BSC_SETUP(Buffer::allocate(kBytes));
    const ::iovec piece{buffer.all().data(), kBytes};
    for (unsigned request = 0; request < kRequests; ++request) {
      const auto at = static_cast<off_t>(share.first * kSectorBytes + request % kBlocks * kBytes);
      const ssize_t moved = request % 2 == 0 ? ::pwritev2(fd.get(), &piece, 1, at, RWF_NOWAIT)
                                             : ::preadv2(fd.get(), &piece, 1, at, RWF_NOWAIT);
      if (moved < 0) {
        ASSERT_EQ(errno, EAGAIN) << "request " << request;
        // Else all of them might be turned away by one suspend.
        std::this_thread::sleep_for(kTurnedAway);
      } else {
        ASSERT_EQ(moved, static_cast<ssize_t>(kBytes)) << "request " << request;
      }
      ++requests;
      w.host().progress();
    }
    done = true;
  });
}

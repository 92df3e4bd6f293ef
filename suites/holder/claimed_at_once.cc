// SPDX-License-Identifier: GPL-2.0-only
// Two open a disk exclusively at the same time: while the first is still getting it, the second has
// to wait for what comes of that. One of them gets it, and the other hears so.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <array>
#include <barrier>
#include <chrono>
#include <thread>

#include "guest/scenario/disk.h"
#include "guest/scenario/ramdisk.h"

using namespace bioscope::scenario;

BSC_SCENARIO(holder, claimed_at_once,
             .summary = "of two exclusive opens at once one succeeds, and the other is refused",
             .needs = {"module:brd", "cpus:2"}, .probes = {"holder", "disk"},
             .oracles = {"claims_add_up"}, .witness = {"claim_refused"},
             .faults = {{.name = "the first has begun to claim it",
                         .kind = "delay",
                         .at = {.hook = "exit:bd_prepare_to_claim", .where = {.task = "bsc/0"}},
                         .count = 60,
                         .delay_us = 3000,
                         .planned = true}},
             .budget_seconds = 15) {
  constexpr std::chrono::microseconds kBehind{500};  // the second comes while the first is at it
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  std::array<bool, 2> has_it{};
  std::barrier together(2);
  w.on_every_cpu([&](unsigned cpu) {
    if (cpu > 1) return;
    for (unsigned round = 0; round < w.at_length(30U, 600U); ++round) {
      together.arrive_and_wait();
      if (cpu == 1) std::this_thread::sleep_for(kBehind);
      const bioscope::Fd fd(::open(disk.path.c_str(), O_RDWR | O_EXCL | O_CLOEXEC));
      EXPECT_TRUE(fd || errno == EBUSY) << errno;
      has_it[cpu] = static_cast<bool>(fd);
      together.arrive_and_wait();
      if (cpu == 0) {
        EXPECT_NE(has_it[0], has_it[1]) << "round " << round;
      }
      together.arrive_and_wait();
      w.host().progress();
    }
  });
}

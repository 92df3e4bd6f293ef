// SPDX-License-Identifier: GPL-2.0-only
// A sector is written by one vCPU and then by another, whose lane is another one. The first lane's
// last log entry is out of date by then, and says nothing about the sector: attaching the table
// leaves the map as it is.
#include <gtest/gtest.h>

#include <barrier>

#include "suites/btt/sector_at.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(btt, written_by_two_lanes,
             .summary = "an older lane's log does not undo what a newer one wrote",
             .needs = {BSC_BTT_NEEDS, "cpus:2"}, .probes = {"btt", "nd", "disk"},
             .oracles = {BSC_BTT_ORACLES}, .witness = {"table_attached_again"},
             .budget_seconds = 40) {
  const auto space = BSC_SETUP(BttNamespace::find(w));
  auto disk = BSC_SETUP(space->attach(512));
  // 6 rounds: a lane's sequence number wraps, and each of its three values is there at a detach.
  for (std::uint64_t round = 1; round <= w.at_length(6U, 60U); ++round) {
    const std::uint64_t lba = 40 + round;
    std::barrier turn(2);
    w.on_every_cpu([&](unsigned cpu) {
      if (cpu > 1) return;
      for (unsigned number = 0; number < 2; ++number) {
        if (cpu == (number + round) % 2) {  // attaching goes by lanes: either may come last there
          EXPECT_EQ(SectorAt::of(disk, lba).write(2 * round + number), 0);
        }
        turn.arrive_and_wait();
      }
    });
    BSC_SETUP(space->unbind());
    BSC_COMES_BACK(disk, space->bind());
    for (std::uint64_t old = 1; old <= round; ++old)
      SectorAt::of(disk, 40 + old).expect(2 * old + 1);
  }
}

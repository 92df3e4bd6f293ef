// SPDX-License-Identifier: GPL-2.0-only
// Two vCPUs write one sector at the same time, again and again; the first is held up when it has
// read the entry of the map that it is to replace. Each must replace what the other left, or the
// block of one is free twice.
#include <gtest/gtest.h>

#include <barrier>
#include <chrono>
#include <thread>

#include "suites/btt/sector_at.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(btt, written_by_two_at_once,
             .summary = "of two writes of a sector at once one is there, and one block is free",
             .needs = {BSC_BTT_NEEDS, "cpus:2"}, .probes = {"btt", "nd", "disk"},
             .oracles = {BSC_BTT_ORACLES}, .witness = {"writers_overlap"},
             .faults = {{.name = "the first writer has read the map and waits",
                         .kind = "delay",
                         .at = {.hook = "exit:btt_map_read", .where = {.task = "bsc/0"}},
                         .count = 60,
                         .delay_us = 2000,
                         .planned = true}},
             .budget_seconds = 40) {
  constexpr std::uint64_t kLba = 21;
  constexpr std::chrono::microseconds kBehind{300};  // the second comes while the first waits
  const auto space = BSC_SETUP(BttNamespace::find(w));
  auto disk = BSC_SETUP(space->attach(512));
  // Its neighbours share no lock with it, and a block that is free twice ends up as one of them.
  for (std::uint64_t lba = kLba - 4; lba < kLba + 5; ++lba)
    ASSERT_EQ(SectorAt::of(disk, lba).write(1), 0);
  const std::uint64_t rounds = w.at_length(20U, 400U);
  std::barrier together(2);
  w.on_every_cpu([&](unsigned cpu) {
    if (cpu > 1) return;
    const SectorAt sector = SectorAt::of(disk, kLba);
    for (std::uint64_t round = 1; round <= rounds; ++round) {
      together.arrive_and_wait();
      if (cpu == 1) std::this_thread::sleep_for(kBehind);
      EXPECT_EQ(sector.write(2 * round + cpu), 0) << "round " << round;
      together.arrive_and_wait();
      const auto content = BSC_SETUP(read_sectors(disk, {kLba, 1}));
      const SectorContent found = read_sector(ConstSector(content.part(0, kSectorBytes)));
      EXPECT_EQ(found.state, SectorContent::State::kStamped) << describe(found);
      EXPECT_EQ(found.stamp.sector, kLba) << describe(found);
      EXPECT_EQ(found.stamp.counter / 2, round) << describe(found);
      // Each frees and takes blocks in between.
      EXPECT_EQ(SectorAt::of(disk, kLba + 1 + cpu).write(round + 1), 0);
      w.host().progress();
    }
  });
  BSC_SETUP(space->unbind());
  BSC_COMES_BACK(disk, space->bind());
  for (std::uint64_t lba = kLba - 4; lba < kLba; ++lba) SectorAt::of(disk, lba).expect(1);
  for (const unsigned cpu : {0U, 1U}) SectorAt::of(disk, kLba + 1 + cpu).expect(rounds + 1);
}

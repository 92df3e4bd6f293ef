// SPDX-License-Identifier: GPL-2.0-only
// What a power cut between the log and the map leaves: the log names the new block, the map the old
// one. Attaching the table puts the map right, and the write that was in the log is there.
#include <gtest/gtest.h>

#include "suites/btt/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(btt, map_repaired,
             .summary =
                 "a write that reached the log and not the map is finished when the table is "
                 "attached",
             .needs = {BSC_BTT_NEEDS}, .probes = {"btt", "nd", "disk"},
             .oracles = {BSC_BTT_ORACLES}, .witness = {"map_repaired"}, .budget_seconds = 40) {
  const unsigned rounds = w.at_length(3U, 30U);
  const auto space = BSC_SETUP(BttNamespace::find(w));
  for (unsigned round = 0; round < rounds; ++round) {
    const std::uint64_t lba = 17 + round;
    auto disk = BSC_SETUP(space->attach(512));
    const Buffer buffer = BSC_SETUP(Buffer::allocate(kSectorBytes));
    const auto write = [&](std::uint64_t counter) {
      const bioscope::Fd fd = BSC_SETUP(open_disk(disk));
      write_stamp(Sector(buffer.all()),
                  {.device = 1, .writer = 1, .sector = lba, .counter = counter});
      ASSERT_EQ(::pwrite(fd.get(), buffer.all().data(), kSectorBytes,
                         static_cast<off_t>(lba * kSectorBytes)),
                static_cast<ssize_t>(kSectorBytes));
    };
    const auto entry = [&] {  // of the map, while no table is attached
      const auto raw = BSC_SETUP(space->raw());
      const auto table = BSC_SETUP(read_table(raw));
      auto bytes = BSC_SETUP(read_bytes(raw, table.map + lba * 4, 4));
      BSC_SETUP(space->end_raw());
      return bytes;
    };
    write(1);
    BSC_SETUP(space->give_back());
    const auto old = entry();
    BSC_COMES_BACK(disk, space->attach(512));
    write(2);
    BSC_SETUP(space->give_back());
    const auto now = entry();
    ASSERT_NE(old, now) << "a write did not move its sector";

    w.step("cut");
    const auto raw = BSC_SETUP(space->raw());
    const auto table = BSC_SETUP(read_table(raw));
    BSC_SETUP(write_bytes(raw, table.map + lba * 4, old));
    BSC_SETUP(space->end_raw());
    BSC_COMES_BACK(disk, space->attach(512));
    const auto content = BSC_SETUP(read_sectors(disk, {lba, 1}));
    const SectorContent found = read_sector(ConstSector(content.part(0, kSectorBytes)));
    EXPECT_EQ(found.state, SectorContent::State::kStamped) << describe(found);
    EXPECT_EQ(found.stamp.counter, 2U) << describe(found);
    BSC_SETUP(space->give_back());
    EXPECT_EQ(entry(), now) << "the map was not put right";
  }
}

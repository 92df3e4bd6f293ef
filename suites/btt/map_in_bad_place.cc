// SPDX-License-Identifier: GPL-2.0-only
// A place of the map itself cannot be read any more: reads and writes of the 128 sectors whose
// entries lie there fail, each of them ends, and nobody else notices.
#include <gtest/gtest.h>

#include "guest/scenario/bad_range.h"
#include "suites/btt/sector_at.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(btt, map_in_bad_place,
             .summary = "who cannot read the map leaves lane and lock behind",
             .needs = {BSC_BTT_NEEDS, "module:mce_inject", "cpus:2"},
             .probes = {"btt", "nd", "disk"}, .oracles = {BSC_BTT_ORACLES}, .budget_seconds = 30) {
  const auto space = BSC_SETUP(BttNamespace::find(w));
  auto disk = BSC_SETUP(space->attach(512));
  for (const std::uint64_t lba : {3, 200}) ASSERT_EQ(SectorAt::of(disk, lba).write(1), 0);
  BSC_SETUP(space->give_back());
  std::uint64_t map = 0;
  {
    const auto raw = BSC_SETUP(space->raw());
    map = BSC_SETUP(read_table(raw)).map;
    BSC_SETUP(space->end_raw());
  }
  BSC_COMES_BACK(disk, space->attach(512));
  BSC_SETUP(make_sector_bad(w, 0, map));  // entries 0 to 127
  w.on_every_cpu([&](unsigned cpu) {
    if (cpu > 1) return;
    for (unsigned time = 0; time < 3; ++time) {  // twice under one lock of the map, from two vCPUs
      EXPECT_EQ(SectorAt::of(disk, 3).write(2), EIO);
      EXPECT_EQ(SectorAt::of(disk, 3).read(), EIO);
      EXPECT_EQ(SectorAt::of(disk, 200 + cpu).write(2), 0);
      SectorAt::of(disk, 200 + cpu).expect(2);
    }
  });
}

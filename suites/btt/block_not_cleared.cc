// SPDX-License-Identifier: GPL-2.0-only
// A sector in a bad place is written, which frees its block for the lane of the writer. Nothing can
// clear that place here. The next write by that lane has no block to go to, and must end all the
// same.
#include <gtest/gtest.h>

#include "guest/scenario/bad_range.h"
#include "suites/btt/sector_at.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

// Probes in the table would record what does not end, until the disk is full.
BSC_SCENARIO(btt, block_not_cleared,
             .summary = "a write for which no block can be cleared ends with an error",
             .needs = {BSC_BTT_NEEDS, "module:mce_inject", "cpus:2"}, .probes = {"disk"},
             .budget_seconds = 15) {
  constexpr std::uint64_t kLbas[] = {7};
  const auto space = BSC_SETUP(BttNamespace::find(w));
  auto disk = BSC_SETUP(space->attach(512));
  ASSERT_EQ(SectorAt::of(disk, kLbas[0]).write(1), 0);
  ASSERT_EQ(SectorAt::of(disk, 0).write(1), 0);
  BSC_SETUP(space->give_back());
  const auto offsets = offsets_of(*space, kLbas);
  disk = BSC_SETUP(space->attach(512));
  BSC_SETUP(make_sector_bad(w, 0, offsets[0]));
  w.on_every_cpu([&](unsigned cpu) {
    if (cpu != 0) return;
    const SectorAt sector = SectorAt::of(disk, kLbas[0]);
    EXPECT_EQ(sector.read(), EIO) << "the sector is in a bad place";
    const int wrote = sector.write(2);
    EXPECT_TRUE(wrote == 0 || wrote == EIO) << wrote;
    sector.expect(2);
    w.step("a write of the same lane");
    EXPECT_EQ(SectorAt::of(disk, 0).write(2), EIO) << "a block was given out that is not clear";
    SectorAt::of(disk, 0).expect(1);
  });
}

// SPDX-License-Identifier: GPL-2.0-only
// The free block of a lane lies among bad places, and is good itself: the next write takes it as it
// is, and does not look for an error to clear. That block is the one that the last write of the
// lane freed: of the sector that it wrote.
#include <gtest/gtest.h>

#include "guest/scenario/bad_range.h"
#include "suites/btt/sector_at.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

// Probes in the table would record a search for errors that does not end, until the disk is full.
BSC_SCENARIO(btt, beside_bad_places, .summary = "a good block is good, whatever lies beside it",
             .needs = {BSC_BTT_NEEDS, "module:mce_inject", "cpus:2"}, .probes = {"disk"},
             .budget_seconds = 15) {
  constexpr std::uint64_t kLba[] = {40};
  constexpr std::uint64_t kPage = 4096;
  const auto space = BSC_SETUP(BttNamespace::find(w));
  auto disk = BSC_SETUP(space->attach(512));
  const auto on_first_cpu = [&](const auto& body) {
    w.on_every_cpu([&](unsigned cpu) {
      if (cpu == 0) body();
    });
  };
  on_first_cpu([&] { ASSERT_EQ(SectorAt::of(disk, kLba[0]).write(1), 0); });
  BSC_SETUP(space->give_back());
  const std::uint64_t block = offsets_of(*space, kLba)[0];
  BSC_COMES_BACK(disk, space->attach(512));
  // Its neighbours, and what is as far away as a table's own first page.
  for (const std::uint64_t place :
       {block - kPage, block - kSectorBytes, block + kSectorBytes, block + kPage})
    BSC_SETUP(make_sector_bad(w, 0, place));
  on_first_cpu([&] {
    const SectorAt sector = SectorAt::of(disk, kLba[0]);
    sector.expect(1);
    for (std::uint64_t counter = 2; counter < 6; ++counter) {  // the second takes the freed block
      ASSERT_EQ(sector.write(counter), 0) << "write " << counter;
      sector.expect(counter);
    }
  });
}

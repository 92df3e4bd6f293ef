// SPDX-License-Identifier: GPL-2.0-only
// A table of each sector size that the kernel offers, with and without room beside a sector;
// checked reads and writes of several pages, and the same again after the table was detached.
#include <gtest/gtest.h>

#include "suites/btt/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(btt, sector_sizes, .summary = "tables of all sector sizes give back what they took",
             .needs = {BSC_BTT_NEEDS, "cpus:2"}, .probes = {"btt", "nd", "disk"},
             .oracles = {BSC_BTT_ORACLES}, .witness = {"table_attached_again"},
             .budget_seconds = 60) {
  const auto space = BSC_SETUP(BttNamespace::find(w));
  for (const unsigned size : kBttSizes) {
    w.step(fmt::format("sectors of {}", size));
    BSC_SETUP(space->forget());
    auto disk = BSC_SETUP(space->attach(size));
    const Traffic traffic{
        .block = 3 * kPageBytes, .blocks = 12, .requests = w.at_length(24U, 2000U)};
    Stream stream = open_stream(w, disk, 0, 1, traffic);
    BSC_SETUP(move(stream, traffic));
    check(stream);
    const auto before = BSC_SETUP(read_sectors(disk, {0, 96}));
    const std::uint64_t sectors = disk.sectors;
    BSC_SETUP(space->unbind());
    BSC_COMES_BACK(disk, space->bind());
    EXPECT_EQ(disk.sectors, sectors) << "a table has another size after it was detached";
    EXPECT_TRUE(read_sectors(disk, {disk.sectors - 8, 8})) << "its end cannot be read";
    const auto after = BSC_SETUP(read_sectors(disk, {0, 96}));
    EXPECT_TRUE(std::ranges::equal(before.all(), after.all()))
        << "a table of " << size << " bytes holds something else after it was detached";
    BSC_SETUP(space->give_back());
    const auto raw = BSC_SETUP(space->raw());
    EXPECT_GE(BSC_SETUP(read_table(raw)).block_size, size)
        << "its blocks have no room for a sector";
    BSC_SETUP(space->end_raw());
  }
}

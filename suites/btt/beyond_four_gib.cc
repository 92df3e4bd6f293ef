// SPDX-License-Identifier: GPL-2.0-only
// A namespace of more than 4 GiB: offsets in it take more than 32 bits. What is written around that
// place, at the beginning and at the end stays where it was put.
#include <gtest/gtest.h>

#include "suites/btt/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

// A sanitizer takes an eighth of the NVDIMM as memory.
BSC_SCENARIO(btt, beyond_four_gib, .summary = "a table of more than 4 GiB keeps its sectors apart",
             .needs = {"module:nfit", "module:nd_pmem", "module:nd_btt", "nvdimm:4128",
                       "memory:1536", "cpus:2"},
             .probes = {"btt", "nd", "disk"}, .oracles = {BSC_BTT_ORACLES},
             .witness = {"table_attached_again"}, .budget_seconds = 60) {
  constexpr std::uint32_t kBlock = 4096;
  constexpr std::uint64_t kBorder = (4ULL << 30) / kSectorBytes;
  constexpr std::uint64_t kAround = 32 * kBlock / kSectorBytes;
  const auto space = BSC_SETUP(BttNamespace::find(w));
  auto disk = BSC_SETUP(space->attach(kBlock));
  ASSERT_GT(disk.sectors, kBorder + kAround);
  std::vector<Stream> streams;
  for (const std::uint64_t first : {std::uint64_t{0}, kBorder - kAround, disk.sectors - kAround}) {
    const Extent extent{first, first == kBorder - kAround ? 2 * kAround : kAround};
    streams.push_back(BSC_SETUP(Stream::open(
        w, disk,
        {.extent = extent, .block = kBlock, .writer = static_cast<unsigned>(streams.size() + 1)})));
  }
  for (unsigned round = 0; round < w.at_length(2U, 20U); ++round)
    for (Stream& stream : streams) BSC_SETUP(stream.run({.requests = 2 * 32}));
  for (Stream& stream : streams) BSC_SETUP(stream.read_back());
  for (const Stream& stream : streams) check(stream);
  streams.clear();

  w.step("attached again");
  const Extent around{kBorder - kAround, 2 * kAround};
  const auto before = BSC_SETUP(read_sectors(disk, around));
  BSC_SETUP(space->unbind());
  BSC_COMES_BACK(disk, space->bind());
  const auto after = BSC_SETUP(read_sectors(disk, around));
  EXPECT_TRUE(std::ranges::equal(before.all(), after.all())) << "the table holds something else";
}

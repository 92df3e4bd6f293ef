// SPDX-License-Identifier: GPL-2.0-only
// The other modes of a namespace: raw, and with pages that a file system may map (fsdax), taken one
// after the other with a table between them. Each gives back what it took, after it was left too.
#include <gtest/gtest.h>

#include <functional>

#include "suites/btt/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

namespace {

constexpr std::uint64_t kSectors = 128;

// Of a disk that goes and comes back.
void write_and_look_again(Workload& w, const BlockDevice& disk,
                          const std::function<BlockDevice()>& again) {
  // The first sectors are not anyone's in raw mode: a handle would leave its block there.
  constexpr std::uint64_t kFirst = 64;
  const Traffic traffic{.blocks = kSectors / 8, .requests = w.at_length(40U, 2000U)};
  Stream stream = BSC_SETUP(Stream::open(
      w, disk, {.extent = {kFirst, kSectors}, .block = 4096, .depth = 4, .writer = 1}));
  BSC_SETUP(move(stream, traffic));
  check(stream);
  const auto before = BSC_SETUP(read_sectors(disk, {kFirst, kSectors}));
  const auto after = BSC_SETUP(read_sectors(again(), {kFirst, kSectors}));
  EXPECT_TRUE(std::ranges::equal(before.all(), after.all()))
      << disk.name << " holds something else after its driver was away";
}

}  // namespace

BSC_SCENARIO(btt, raw_and_fsdax,
             .summary = "a namespace gives back what it took in each mode that it has",
             .needs = {BSC_BTT_NEEDS}, .probes = {"btt", "nd", "disk"},
             .oracles = {BSC_BTT_ORACLES}, .witness = {"table_attached_again"},
             .budget_seconds = 40) {
  const auto space = BSC_SETUP(BttNamespace::find(w));
  for (unsigned round = 0; round < w.at_length(2U, 20U); ++round) {
    w.step("raw");
    const auto raw = BSC_SETUP(space->raw());
    write_and_look_again(w, raw, [&] {
      BSC_SETUP(space->end_raw());
      return BSC_SETUP(space->raw());
    });
    BSC_SETUP(space->end_raw());
    BSC_SETUP(space->forget());

    w.step("fsdax");
    const auto fsdax = BSC_SETUP(space->fsdax());
    EXPECT_LT(fsdax.sectors, raw.sectors) << "a pfn handle needs room for its block";
    write_and_look_again(w, fsdax, [&] {
      BSC_SETUP(space->end_fsdax());
      return BSC_SETUP(space->fsdax());
    });
    BSC_SETUP(space->end_fsdax());
    BSC_SETUP(space->forget());

    w.step("sector");
    const auto table = BSC_SETUP(space->attach(4096));
    write_and_look_again(w, table, [&] {
      BSC_SETUP(space->unbind());
      return BSC_SETUP(space->bind());
    });
    BSC_SETUP(space->give_back());
    BSC_SETUP(space->forget());
  }
}

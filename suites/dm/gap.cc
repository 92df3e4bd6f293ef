// SPDX-License-Identifier: GPL-2.0-only
#include "suites/dm/gap.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace bioscope_suite_dm {

using namespace bioscope::scenario;

namespace {

constexpr std::uint32_t kBlock = 4096;  // bytes

}  // namespace

Stream fill(Workload& w, const BlockDevice& disk, const Extent& extent, std::uint32_t writer) {
  const auto blocks = static_cast<unsigned>(extent.sectors * kSectorBytes / kBlock);
  Stream stream = BSC_SETUP(Stream::open(
      w, disk,
      {.extent = extent, .block = kBlock, .depth = std::min(4U, blocks), .writer = writer}));
  BSC_SETUP(stream.run({.requests = blocks}));
  return stream;
}

void expect_zeros(const BlockDevice& disk, const Extent& extent) {
  const auto bytes = BSC_SETUP(read_sectors(disk, extent));
  for (std::uint64_t at = 0; at < extent.sectors; ++at) {
    const auto content =
        read_sector(ConstSector(bytes.part(at * kSectorBytes, kSectorBytes).first<kSectorBytes>()));
    ASSERT_EQ(content.state, SectorContent::State::kZero) << describe(content);
  }
}

}  // namespace bioscope_suite_dm

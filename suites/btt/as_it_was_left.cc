// SPDX-License-Identifier: GPL-2.0-only
// What an NVDIMM holds when the machine starts is attached and read: with `run --nvdimm FILE` what
// a machine left there that was killed, or an image of a power cut. Whatever the cut hit, each
// sector that was ever written is whole and its own. An NVDIMM without a table gets one first.
#include <gtest/gtest.h>

#include "suites/btt/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

namespace {

constexpr std::uint64_t kMade = 40;  // sectors, where nobody left any

bioscope::Status write_some(Workload& w, const BlockDevice& disk) {
  const auto fd = BSC_SETUP(open_disk(disk));
  BSC_TRY_ASSIGN(const Buffer buffer, Buffer::allocate(kSectorBytes));
  for (std::uint64_t lba = 0; lba < kMade; ++lba) {
    write_stamp(Sector(buffer.all()), {.device = 1, .writer = 1, .sector = lba, .counter = 1});
    if (::pwrite(fd.get(), buffer.all().data(), kSectorBytes,
                 static_cast<off_t>(lba * kSectorBytes)) != static_cast<ssize_t>(kSectorBytes))
      return bioscope::guest_error("cannot write sector {}", lba);
    w.host().progress();
  }
  return {};
}

// That were ever written. The namespace is nobody's meanwhile.
std::vector<std::uint64_t> mapped_lbas(BttNamespace& space) {
  const auto raw = BSC_SETUP(space.raw());
  const auto table = BSC_SETUP(read_table(raw));
  const auto map = BSC_SETUP(read_bytes(raw, table.map, std::size_t{table.lbas} * 4));
  BSC_SETUP(space.end_raw());
  EXPECT_EQ(table.sector_size, kSectorBytes);
  std::vector<std::uint64_t> mapped;
  for (std::uint64_t lba = 0; lba < table.lbas; ++lba)
    if (map[lba * 4] != 0 || map[lba * 4 + 1] != 0 || map[lba * 4 + 2] != 0 ||
        map[lba * 4 + 3] != 0)
      mapped.push_back(lba);
  return mapped;
}

}  // namespace

BSC_SCENARIO(btt, as_it_was_left,
             .summary = "a table that is there when the machine starts has every sector whole",
             .needs = {BSC_BTT_NEEDS}, .probes = {"btt", "nd", "disk"},
             .oracles = {BSC_BTT_ORACLES}, .witness = {"table_attached_again"},
             .budget_seconds = 60) {
  const auto space = BSC_SETUP(BttNamespace::find(w));
  if (BSC_SETUP(space->found_at_boot())) {
    w.step("a table was found");
  } else {
    w.step("a table is made");
    const auto disk = BSC_SETUP(space->attach(512));
    BSC_SETUP(write_some(w, disk));
  }
  // The driver leaves it and comes back, which the probes see.
  BSC_SETUP(space->unbind());
  const auto disk = space->bind();
  ASSERT_TRUE(disk) << "the table is not attached: " << disk.error().text();
  BSC_SETUP(space->give_back());
  const auto mapped = mapped_lbas(*space);
  if (mapped.empty()) GTEST_SKIP() << "no sector of the table was ever written";
  const auto again = space->attach(512);
  ASSERT_TRUE(again) << "the table is not attached: " << again.error().text();
  for (const std::uint64_t lba : mapped) {
    const auto content = read_sectors(*again, {lba, 1});
    ASSERT_TRUE(content) << "sector " << lba << ": " << content.error().text();
    const SectorContent found = read_sector(ConstSector(content->part(0, kSectorBytes)));
    EXPECT_EQ(found.state, SectorContent::State::kStamped)
        << "sector " << lba << ": " << describe(found);
    EXPECT_EQ(found.stamp.sector, lba) << describe(found);
    w.host().progress();
  }
  w.step(fmt::format("{} sectors are whole", mapped.size()));
}

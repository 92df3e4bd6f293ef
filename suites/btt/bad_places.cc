// SPDX-License-Identifier: GPL-2.0-only
// Places of the medium that cannot be read any more: what is there fails, and nothing else does, in
// the modes that look. A table remembers it, and puts the sector elsewhere when it is written.
#include <gtest/gtest.h>

#include "guest/scenario/bad_range.h"
#include "suites/btt/sector_at.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

namespace {

constexpr std::uint64_t kSectors = 64;             // that are written
constexpr std::uint64_t kBad[] = {5, 20, 21, 63};  // of them

bool is_bad(std::uint64_t lba) { return std::ranges::find(kBad, lba) != std::end(kBad); }

// A disk whose sectors are the namespace's own.
void expect_bad_on(const BlockDevice& raw, const std::vector<std::uint64_t>& offsets) {
  std::vector<std::uint64_t> bad;
  for (const std::uint64_t offset : offsets) bad.push_back(offset / kSectorBytes);
  for (const std::uint64_t sector : bad) {
    EXPECT_EQ(SectorAt::of(raw, sector).read(), EIO) << raw.name << ", sector " << sector;
    for (const std::uint64_t beside : {sector - 1, sector + 1})
      if (std::ranges::find(bad, beside) == bad.end()) {
        EXPECT_EQ(SectorAt::of(raw, beside).read(), 0) << raw.name << ", sector " << beside;
      }
  }
}

}  // namespace

BSC_SCENARIO(
    btt, bad_places,
    .summary = "a bad place of the medium fails alone, and a table puts its sector elsewhere",
    .needs = {BSC_BTT_NEEDS, "module:mce_inject", "cpus:2"}, .probes = {"btt", "nd", "disk"},
    .oracles = {BSC_BTT_ORACLES}, .witness = {"table_attached_again", "error_entry_refused"},
    .budget_seconds = 40) {
  const auto space = BSC_SETUP(BttNamespace::find(w));
  auto disk = BSC_SETUP(space->attach(512));
  for (std::uint64_t lba = 0; lba < kSectors; ++lba)
    ASSERT_EQ(SectorAt::of(disk, lba).write(1), 0) << "sector " << lba;
  BSC_SETUP(space->give_back());
  const auto offsets = offsets_of(*space, kBad);

  w.step("bad under the table");
  BSC_COMES_BACK(disk, space->attach(512));
  for (const std::uint64_t offset : offsets) BSC_SETUP(make_sector_bad(w, 0, offset));
  for (unsigned time = 0; time < 2; ++time)  // the second is refused by the map
    for (std::uint64_t lba = 0; lba < kSectors; ++lba)
      if (is_bad(lba)) {
        EXPECT_EQ(SectorAt::of(disk, lba).read(), EIO) << "sector " << lba << " is in a bad place";
      } else {
        SectorAt::of(disk, lba).expect(1);
      }

  w.step("remembered");
  BSC_SETUP(space->unbind());
  BSC_COMES_BACK(disk, space->bind());
  // One write of each vCPU: the block that its lane then has free nothing can clear here
  // (block_not_cleared).
  w.on_every_cpu([&](unsigned cpu) {
    if (cpu > 1) return;
    const SectorAt sector = SectorAt::of(disk, kBad[cpu]);
    EXPECT_EQ(sector.read(), EIO) << "sector " << kBad[cpu] << " had an error";
    const int wrote = sector.write(2);
    EXPECT_TRUE(wrote == 0 || wrote == EIO) << wrote;
    sector.expect(2);
  });
  for (std::uint64_t lba = 0; lba < kSectors; ++lba)
    if (lba == kBad[0] || lba == kBad[1]) {
      SectorAt::of(disk, lba).expect(2);
    } else if (is_bad(lba)) {
      EXPECT_EQ(SectorAt::of(disk, lba).read(), EIO) << "sector " << lba << " had an error";
    } else {
      SectorAt::of(disk, lba).expect(1);
    }
  BSC_SETUP(space->give_back());

  w.step("bad in raw mode");
  expect_bad_on(BSC_SETUP(space->raw()), offsets);
  BSC_SETUP(space->end_raw());
}

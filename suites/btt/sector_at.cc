// SPDX-License-Identifier: GPL-2.0-only
#include "suites/btt/sector_at.h"

#include <gtest/gtest.h>

namespace bioscope_suite_btt {

using namespace bioscope::scenario;

SectorAt SectorAt::of(const BlockDevice& disk, std::uint64_t lba) {
  return {BSC_SETUP(open_disk(disk)), BSC_SETUP(Buffer::allocate(kSectorBytes)), lba};
}

int SectorAt::write(std::uint64_t counter) const {
  write_stamp(Sector(buffer_.all()),
              {.device = 1, .writer = 1, .sector = lba_, .counter = counter});
  const auto put = ::pwrite(fd_.get(), buffer_.all().data(), kSectorBytes,
                            static_cast<off_t>(lba_ * kSectorBytes));
  return put == static_cast<ssize_t>(kSectorBytes) ? 0 : errno;
}

int SectorAt::read() const {
  const auto got = ::pread(fd_.get(), buffer_.all().data(), kSectorBytes,
                           static_cast<off_t>(lba_ * kSectorBytes));
  return got == static_cast<ssize_t>(kSectorBytes) ? 0 : errno;
}

void SectorAt::expect(std::uint64_t counter) const {
  ASSERT_EQ(read(), 0) << "sector " << lba_ << " cannot be read";
  const SectorContent found = read_sector(ConstSector(buffer_.part(0, kSectorBytes)));
  EXPECT_EQ(found.state, SectorContent::State::kStamped)
      << "sector " << lba_ << ": " << describe(found);
  EXPECT_EQ(found.stamp.sector, lba_) << describe(found);
  EXPECT_EQ(found.stamp.counter, counter) << "sector " << lba_ << ": " << describe(found);
}

std::vector<std::uint64_t> offsets_of(BttNamespace& space, std::span<const std::uint64_t> lbas) {
  constexpr std::uint32_t kBlock = 0x3fffffff;  // above it an entry has flags
  const auto raw = BSC_SETUP(space.raw());
  const auto table = BSC_SETUP(read_table(raw));
  std::vector<std::uint64_t> offsets;
  for (const std::uint64_t lba : lbas) {
    const auto bytes = BSC_SETUP(read_bytes(raw, table.map + lba * 4, 4));
    std::uint32_t entry = 0;
    for (unsigned byte = 0; byte < 4; ++byte) entry |= std::uint32_t{bytes[byte]} << (8 * byte);
    offsets.push_back(table.data + std::uint64_t{entry & kBlock} * table.block_size);
  }
  BSC_SETUP(space.end_raw());
  return offsets;
}

}  // namespace bioscope_suite_btt

// SPDX-License-Identifier: GPL-2.0-only
// A region is declared read-only: a table on it can be read, is shown as read-only, and takes no
// write; and does again once the region may be written.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest/scenario/attribute.h"
#include "suites/btt/sector_at.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

namespace {

bool is_read_only(const BlockDevice& disk) {
  const bioscope::Fd fd(::open(disk.path.c_str(), O_RDONLY | O_CLOEXEC));
  int read_only = -1;
  EXPECT_EQ(::ioctl(fd.get(), BLKROGET, &read_only), 0);
  return read_only == 1;
}

// By an open that fails or a write that does.
bool takes_writes(const BlockDevice& disk, std::uint64_t lba) {
  const bioscope::Fd fd(::open(disk.path.c_str(), O_RDWR | O_DIRECT | O_CLOEXEC));
  if (!fd) return false;
  const Buffer buffer = BSC_SETUP(Buffer::allocate(kSectorBytes));
  return ::pwrite(fd.get(), buffer.all().data(), kSectorBytes,
                  static_cast<off_t>(lba * kSectorBytes)) >= 0;
}

}  // namespace

BSC_SCENARIO(btt, read_only_region, .summary = "a table on a read-only region takes no write",
             .needs = {BSC_BTT_NEEDS}, .probes = {"btt", "nd", "disk"},
             .oracles = {BSC_BTT_ORACLES}, .witness = {"table_attached_again"},
             .budget_seconds = 30) {
  constexpr std::uint64_t kLba = 9;
  const std::string attribute = "/sys/bus/nd/devices/region0/read_only";
  const auto space = BSC_SETUP(BttNamespace::find(w));
  auto disk = BSC_SETUP(space->attach(512));
  ASSERT_EQ(SectorAt::of(disk, kLba).write(1), 0);
  EXPECT_FALSE(is_read_only(disk));
  BSC_SETUP(space->unbind());
  BSC_SETUP(write_attribute(attribute, "1"));
  w.cleanup([attribute] { EXPECT_TRUE(write_attribute(attribute, "0")); });
  BSC_COMES_BACK(disk, space->bind());
  EXPECT_TRUE(is_read_only(disk));
  EXPECT_FALSE(takes_writes(disk, kLba));
  const auto content = BSC_SETUP(read_sectors(disk, {kLba, 1}));
  EXPECT_EQ(read_sector(ConstSector(content.part(0, kSectorBytes))).stamp.counter, 1U);
  BSC_SETUP(space->unbind());
  BSC_SETUP(write_attribute(attribute, "0"));
  BSC_COMES_BACK(disk, space->bind());
  EXPECT_FALSE(is_read_only(disk));
  EXPECT_EQ(SectorAt::of(disk, kLba).write(2), 0);
  SectorAt::of(disk, kLba).expect(2);
}

// SPDX-License-Identifier: GPL-2.0-only
// Partitions as slaves: they are claimed one by one, their whole disk counts the claims of all, and
// nobody gets the whole disk meanwhile, nor a partition of a disk that is held. A partition that is
// held is not deleted.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "guest/scenario/attribute.h"
#include "guest/scenario/dm.h"
#include "guest/scenario/null_block.h"
#include "suites/holder/sysfs.h"

using namespace bioscope::scenario;

namespace {

int change_partition(const bioscope::Fd& disk, int operation, int number, const Extent& extent) {
  blkpg_partition partition{};
  partition.start = static_cast<long long>(extent.first * kSectorBytes);
  partition.length = static_cast<long long>(extent.sectors * kSectorBytes);
  partition.pno = number;
  blkpg_ioctl_arg argument{
      .op = operation, .flags = 0, .datalen = sizeof partition, .data = &partition};
  return ::ioctl(disk.get(), BLKPG, &argument) == 0 ? 0 : errno;
}

}  // namespace

BSC_SCENARIO(holder, partitions,
             .summary =
                 "holders of two partitions keep everybody from their disk and not each "
                 "other",
             .needs = {"module:dm_mod", "module:null_blk"}, .probes = {"holder", "disk"},
             .oracles = {"holder_balance", "holder_within_claim", "slave_alive_when_linked",
                         "sysfs_shows_holders", "holder_calls_return", "failed_link_stays_unlinked",
                         "claims_add_up"},
             .witness = {"partition_claimed", "claim_refused", "holders_shown"},
             .shares_boot = true) {
  const auto disk = BSC_SETUP(null_block(w, "nullb_own"));
  const bioscope::Fd whole = BSC_SETUP(open_disk(disk));
  const std::uint64_t half = disk.sectors / 16 * 8;
  std::vector<BlockDevice> parts;
  for (const int number : {1, 2}) {
    const auto first = static_cast<std::uint64_t>(number - 1) * half;
    ASSERT_EQ(change_partition(whole, BLKPG_ADD_PARTITION, number, {first, half}), 0);
    parts.push_back(BSC_SETUP(find_disk(w.host(), fmt::format("{}{}", disk.path, number))));
  }
  const auto exclusive = [&] {
    return bioscope::Fd(::open(disk.path.c_str(), O_RDONLY | O_EXCL | O_CLOEXEC));
  };

  const auto one = BSC_SETUP(MappedDevice::create(w, "one", {linear(parts[0])}));
  look_at_sysfs(w);
  const auto two = BSC_SETUP(MappedDevice::create(w, "two", {linear(parts[1])}));
  look_at_sysfs(w);
  EXPECT_FALSE(exclusive()) << "a disk was opened exclusively under its partitions' holders";
  EXPECT_EQ(errno, EBUSY);
  EXPECT_EQ(change_partition(whole, BLKPG_DEL_PARTITION, 1, {}), EBUSY);
  EXPECT_FALSE(two->load({linear(disk)})) << "dm took a disk of which partitions are held";
  look_at_sysfs(w);

  w.step("a partition is claimed twice");
  BSC_SETUP(one->load({linear(parts[0])}, {.read_only = true}));
  BSC_SETUP(one->clear());
  look_at_sysfs(w);

  w.step("one after the other is let go");
  BSC_SETUP(one->remove());
  look_at_sysfs(w);
  EXPECT_FALSE(exclusive()) << "a disk was opened exclusively under one partition's holder";
  BSC_SETUP(two->remove());
  look_at_sysfs(w);
  {
    const bioscope::Fd owner = exclusive();
    EXPECT_TRUE(owner) << "cannot open a disk whose partitions are let go";
    for (const BlockDevice& part : parts) {
      EXPECT_FALSE(bioscope::Fd(::open(part.path.c_str(), O_RDONLY | O_EXCL | O_CLOEXEC)))
          << "a partition was opened exclusively under the holder of its disk";
      EXPECT_EQ(errno, EBUSY);
    }
  }
  for (const int number : {1, 2})
    EXPECT_EQ(change_partition(whole, BLKPG_DEL_PARTITION, number, {}), 0);
}

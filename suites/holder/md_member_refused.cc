// SPDX-License-Identifier: GPL-2.0-only
// md claims a device before it looks whether it wants it: one without a superblock, one whose
// superblock cannot be read, one that another array has. Whoever is refused is free again, or still
// the other's.
#include <fcntl.h>
#include <gtest/gtest.h>

#include "guest/scenario/dm.h"
#include "guest/scenario/md_array.h"
#include "guest/scenario/null_block.h"
#include "harness/base/fd.h"
#include "suites/holder/sysfs.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_holder;

BSC_SCENARIO(holder, md_member_refused,
             .summary = "a device that an array refuses is let go, and another's stays its",
             .needs = {"module:md_mod", "module:raid1", "module:null_blk", "module:dm_mod"},
             .probes = {"holder", "disk"},
             .oracles = {"holder_balance", "holder_within_claim", "slave_alive_when_linked",
                         "sysfs_shows_holders", "holder_calls_return", "failed_link_stays_unlinked",
                         "claims_add_up"},
             .witness = {"claim_refused", "holders_shown"}, .budget_seconds = 40,
             .shares_boot = true) {
  constexpr unsigned kMine = 30;
  constexpr unsigned kOthers = 31;
  constexpr unsigned kWithSuperblocks = 32;
  constexpr std::uint64_t kSectors = 32768;
  const auto one = BSC_SETUP(null_block(w, "nullb_a"));
  const auto two = BSC_SETUP(null_block(w, "nullb_b"));
  const auto blank = BSC_SETUP(null_block(w, "nullb_c"));
  const auto unreadable = BSC_SETUP(MappedDevice::create(w, "unreadable", {error(kSectors)}));
  const auto exclusive = [](const BlockDevice& disk) {
    return bioscope::Fd(::open(disk.path.c_str(), O_RDONLY | O_EXCL | O_CLOEXEC));
  };

  w.step("without a superblock");
  const auto strict = BSC_SETUP(MdArray::create(w, kWithSuperblocks));
  BSC_SETUP(strict->expect_superblocks());
  for (const BlockDevice& disk : {blank, unreadable->disk()}) {
    EXPECT_FALSE(strict->give(disk)) << "md took " << disk.name << ", which has no superblock";
    EXPECT_TRUE(exclusive(disk)) << "md refused " << disk.name << " and keeps it";
  }
  look_at_sysfs(w);

  w.step("of another array");
  const auto mine = BSC_SETUP(MdArray::create(w, kMine));
  BSC_SETUP(mine->take({one, two}));
  BSC_SETUP(mine->start());
  const auto others = BSC_SETUP(MdArray::create(w, kOthers));
  const auto taken = others->take({one, blank});
  EXPECT_FALSE(taken) << "two arrays have " << one.name;
  EXPECT_FALSE(exclusive(one)) << one.name << " was lost by its array";
  look_at_sysfs(w);
}

// SPDX-License-Identifier: GPL-2.0-only
// raid0 passes a bio on as it is, and splits one that crosses its chunks: dm's clone has to belong
// to a group before md sees it, and each piece to the queue of its own leg.
#include <gtest/gtest.h>

#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm_cgroup/load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm_cgroup;

BSC_SCENARIO(dm_cgroup, raid0_charged,
             .summary = "what raid0 splits is charged to the group that asked, leg by leg",
             .needs = {"module:dm_mod", "module:dm_raid", "module:raid0", "module:brd",
                       "config:BLK_CGROUP", "cpus:2"},
             .probes = {"bio", "dm", "blkcg", "css"},
             .oracles = {"charged_to_submitter", "association_of_live_source", "blkg_life_in_order",
                         "css_life_in_order"},
             .witness = {"charged_to_group", "bio_split", "group_freed"},
             .boot = {kNoMemoryController}, .shares_boot = true) {
  constexpr LoadOptions kLoad{.block = 65536, .blocks = 24, .requests = 24};
  count_groups(w);
  const auto one = BSC_SETUP(ramdisk(w, 0));
  const auto other = BSC_SETUP(ramdisk(w, 1));
  const Target striped = raid("raid0 1 16", {one, other}, 2 * one.sectors);
  const auto device = BSC_SETUP(MappedDevice::create(w, "raid0", {striped}));
  const auto group = BSC_SETUP(Cgroup::create(w, "charged"));
  Charged done;
  {
    const Inside inside(*group);
    done = load(w, device->disk(), kLoad);
  }
  const auto left = charged(*group, one);
  const auto right = charged(*group, other);
  ASSERT_TRUE(left && right);
  EXPECT_GE(left->written + right->written, done.written);
  EXPECT_GE(left->read + right->read, done.read);
}

// SPDX-License-Identifier: GPL-2.0-only
// raid1 makes a bio for each leg of a write. It runs below dm here, by dm-raid, whose clones have
// to belong to a group before md may split them.
#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm_cgroup/load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm_cgroup;

BSC_SCENARIO(dm_cgroup, raid1_charged,
             .summary = "raid1 charges each leg to the group that asked, splits included",
             .needs = {"module:dm_mod", "module:dm_raid", "module:raid1", "module:brd",
                       "config:BLK_CGROUP", "cpus:2"},
             .probes = {"bio", "dm", "blkcg", "css"},
             .oracles = {"charged_to_submitter", "association_of_live_source", "blkg_life_in_order",
                         "css_life_in_order"},
             .witness = {"charged_to_group", "clone_of_clone", "group_freed"},
             .boot = {kNoMemoryController}, .shares_boot = true) {
  count_groups(w);
  const auto one = BSC_SETUP(ramdisk(w, 0));
  const auto other = BSC_SETUP(ramdisk(w, 1));
  const Target mirrored = raid("raid1 2 0 nosync", {one, other}, one.sectors);
  const auto device = BSC_SETUP(MappedDevice::create(w, "raid1", {mirrored}));
  expect_charged(w, device->disk(), {one, other}, {.block = 65536, .blocks = 24, .requests = 24});
}

// SPDX-License-Identifier: GPL-2.0-only
// Two mapped devices between the submitter and the disk: the group has to come through both.
#include "guest/scenario/crypt_key.h"
#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm_cgroup/load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm_cgroup;

BSC_SCENARIO(dm_cgroup, stacked_charged,
             .summary = "below dm-linear on dm-crypt every disk charges the group that asked",
             .needs = {"module:dm_mod", "module:dm_crypt", "module:xts", "module:ecb", "module:brd",
                       "config:BLK_CGROUP", "cpus:2"},
             .probes = {"bio", "dm", "blkcg", "css"},
             .oracles = {"charged_to_submitter", "association_of_live_source", "blkg_life_in_order",
                         "css_life_in_order", "remap_of_live_master"},
             .witness = {"charged_by_another_task", "clone_of_clone", "group_freed"},
             .boot = {kNoMemoryController}, .shares_boot = true) {
  count_groups(w);
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  const auto lower = BSC_SETUP(MappedDevice::create(w, "crypt", {crypt(disk, kCipher, kKey)}));
  const auto upper = BSC_SETUP(MappedDevice::create(w, "linear", {linear(lower->disk())}));
  expect_charged(w, upper->disk(), {upper->disk(), lower->disk(), disk});
}

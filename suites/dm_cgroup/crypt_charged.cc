// SPDX-License-Identifier: GPL-2.0-only
// dm-crypt sends what it was given from threads of its own, and writes through bios that it made.
// Both are the submitter's I/O.
#include "guest/scenario/crypt_key.h"
#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm_cgroup/load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm_cgroup;

BSC_SCENARIO(dm_cgroup, crypt_charged,
             .summary = "what goes down below dm-crypt is charged to the group that asked for it",
             .needs = {"module:dm_mod", "module:dm_crypt", "module:xts", "module:ecb", "module:brd",
                       "config:BLK_CGROUP", "cpus:2"},
             .probes = {"bio", "dm", "blkcg", "css"},
             .oracles = {"charged_to_submitter", "association_of_live_source", "blkg_life_in_order",
                         "css_life_in_order", "remap_of_live_master"},
             .witness = {"charged_by_another_task", "group_freed"}, .boot = {kNoMemoryController},
             .shares_boot = true) {
  count_groups(w);
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  const auto device = BSC_SETUP(MappedDevice::create(w, "crypt", {crypt(disk, kCipher, kKey)}));
  expect_charged(w, device->disk(), {device->disk(), disk});
}

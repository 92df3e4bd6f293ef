// SPDX-License-Identifier: GPL-2.0-only
// The same below dm-raid, which md gets a clone of dm from: one that needs a group before md sees
// it, and can have it only from the bio that it was made of.
#include "guest/scenario/crypt_key.h"
#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm_cgroup/load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm_cgroup;

BSC_SCENARIO(dm_cgroup, raid_below_crypt,
             .summary = "what dm-raid sends for a bio is charged as that bio is, whoever brings it",
             .needs = {"module:dm_mod", "module:dm_crypt", "module:xts", "module:ecb",
                       "module:dm_raid", "module:raid1", "module:brd", "config:BLK_CGROUP",
                       "cpus:2"},
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
  const auto above =
      BSC_SETUP(MappedDevice::create(w, "above", {crypt(device->disk(), kCipher, kKey)}));
  expect_charged(w, above->disk(), {device->disk()}, {.block = 65536, .blocks = 8, .requests = 8});
}

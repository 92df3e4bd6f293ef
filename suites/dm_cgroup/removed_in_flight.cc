// SPDX-License-Identifier: GPL-2.0-only
// A group is removed while its bios wait in dm-delay. They go down after its end and are charged to
// the group above it, which lives; when the last is done, nothing holds the group any more.
#include <gtest/gtest.h>

#include "guest/scenario/crypt_key.h"
#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm_cgroup/removed_group.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm_cgroup;

BSC_SCENARIO(dm_cgroup, removed_in_flight,
             .summary = "a group that is removed under its bios is freed when the last is done",
             .needs = {"module:dm_mod", "module:dm_crypt", "module:dm_delay", "module:xts",
                       "module:ecb", "module:brd", "config:BLK_CGROUP", "cpus:2"},
             .probes = {"bio", "dm", "blkcg", "css"},
             .oracles = {"charged_to_submitter", "association_of_live_source", "blkg_life_in_order",
                         "css_life_in_order", "remap_of_live_master", "bio_completes",
                         "completes_once"},
             .witness = {"group_gone_in_flight", "group_freed", "spilled_to_ancestor"},
             .boot = {kNoMemoryController}, .shares_boot = true) {
  constexpr unsigned kMilliseconds = 500;
  constexpr unsigned kRounds = 3;
  count_groups(w);
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  const auto late = BSC_SETUP(MappedDevice::create(w, "late", {delay(disk, kMilliseconds)}));
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "crypt", {crypt(late->disk(), kCipher, kKey)}));
  const auto above = BSC_SETUP(Cgroup::create(w, "above"));
  for (unsigned round = 0; round < w.at_length(kRounds, 4 * kRounds); ++round) {
    const auto group = BSC_SETUP(above->make_child(w, fmt::format("gone{}", round)));
    remove_under_requests(w, device->disk(), *group, round, {});
  }
}

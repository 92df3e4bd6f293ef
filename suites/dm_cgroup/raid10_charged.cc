// SPDX-License-Identifier: GPL-2.0-only
// raid10 submits the rest of a bio that crosses its chunks once more, to itself: dm's clone has to
// belong to a group before md sees it.
#include <gtest/gtest.h>

#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm_cgroup/load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm_cgroup;

BSC_SCENARIO(dm_cgroup, raid10_charged,
             .summary = "what raid10 splits is charged to the group that asked",
             .needs = {"module:dm_mod", "module:dm_raid", "module:raid10", "module:brd",
                       "config:BLK_CGROUP", "cpus:2"},
             .probes = {"bio", "dm", "blkcg", "css"},
             .oracles = {"charged_to_submitter", "association_of_live_source", "blkg_life_in_order",
                         "css_life_in_order"},
             .witness = {"charged_to_group", "bio_split", "group_freed"},
             .boot = {kNoMemoryController}, .shares_boot = true) {
  constexpr LoadOptions kLoad{.block = 65536, .blocks = 12, .requests = 12};
  constexpr std::uint64_t kLegSectors = 4096;
  constexpr unsigned kLegs = 3;  // with two copies: more legs than copies make chunks matter
  count_groups(w);
  std::string legs;
  for (unsigned leg = 0; leg < kLegs; ++leg)
    legs += fmt::format(" {} {}", BSC_SETUP(ramdisk(w, kLegs + leg)).major_minor(),
                        BSC_SETUP(ramdisk(w, leg)).major_minor());  // its superblock, its data
  const Target striped{
      .sectors = kLegSectors * kLegs / 2,
      .type = "raid",
      .parameters =
          fmt::format("raid10 6 16 raid10_format near raid10_copies 2 nosync {}{}", kLegs, legs)};
  const auto device = BSC_SETUP(MappedDevice::create(w, "raid10", {striped}));
  const auto group = BSC_SETUP(Cgroup::create(w, "charged"));
  const Inside inside(*group);
  load(w, device->disk(), kLoad);
}

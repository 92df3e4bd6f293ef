// SPDX-License-Identifier: GPL-2.0-only
// As moved_in_flight, but the submitter moves once only: a plan may choose where a bio is by then.
#include <gtest/gtest.h>

#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm_cgroup/load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm_cgroup;

BSC_SCENARIO(dm_cgroup, moved_once,
             .summary = "a bio whose submitter moves while dm maps it stays with the old group",
             .needs = {"module:dm_mod", "module:brd", "config:BLK_CGROUP", "cpus:2"},
             .probes = {"bio", "dm", "blkcg", "css"},
             .oracles = {"charged_to_submitter", "association_of_live_source", "blkg_life_in_order",
                         "css_life_in_order", "remap_of_live_master"},
             .witness = {"charged_to_group", "group_freed"}, .boot = {kNoMemoryController},
             .shares_boot = true) {
  constexpr unsigned kBatches = 8;
  count_groups(w);
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  const auto device = BSC_SETUP(MappedDevice::create(w, "linear", {linear(disk)}));
  const auto one = BSC_SETUP(Cgroup::create(w, "one"));
  const auto other = BSC_SETUP(Cgroup::create(w, "other"));
  const Inside inside(*one);
  load_under_change(w, device->disk(), kBatches, [&](unsigned round) {
    if (round != 1) return;
    const auto moved = other->adopt(0);
    EXPECT_TRUE(moved) << moved.error().text();
  });
}

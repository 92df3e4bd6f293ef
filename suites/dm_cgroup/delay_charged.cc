// SPDX-License-Identifier: GPL-2.0-only
// dm-delay sends what it was given much later, from a worker.
#include "guest/scenario/dm.h"
#include "guest/scenario/null_block.h"
#include "suites/dm_cgroup/load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm_cgroup;

BSC_SCENARIO(dm_cgroup, delay_charged,
             .summary = "what dm-delay sends later is charged to the group that asked for it",
             .needs = {"module:dm_mod", "module:dm_delay", "module:null_blk", "config:BLK_CGROUP",
                       "cpus:2"},
             .probes = {"bio", "dm", "blkcg", "css"},
             .oracles = {"charged_to_submitter", "association_of_live_source", "blkg_life_in_order",
                         "css_life_in_order", "remap_of_live_master"},
             .witness = {"charged_by_another_task", "sent_later", "group_freed"},
             .boot = {kNoMemoryController}, .shares_boot = true) {
  constexpr unsigned kMilliseconds = 3;
  count_groups(w);
  const auto disk = BSC_SETUP(null_block(w, "nullb_own", {.cache = true}));
  const auto device = BSC_SETUP(MappedDevice::create(w, "delay", {delay(disk, kMilliseconds)}));
  expect_charged(w, device->disk(), {device->disk(), disk});
}

// SPDX-License-Identifier: GPL-2.0-only
// The submitter moves from group to group while its bios are in flight: each is charged to the
// group that it was submitted from, all the way down, wherever the submitter is by then.
#include <gtest/gtest.h>

#include "guest/scenario/crypt_key.h"
#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm_cgroup/load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm_cgroup;

BSC_SCENARIO(dm_cgroup, moved_in_flight,
             .summary = "a bio stays with the group that it was submitted from",
             .needs = {"module:dm_mod", "module:dm_crypt", "module:xts", "module:ecb", "module:brd",
                       "config:BLK_CGROUP", "cpus:2"},
             .probes = {"bio", "dm", "blkcg", "css"},
             .oracles = {"charged_to_submitter", "association_of_live_source", "blkg_life_in_order",
                         "css_life_in_order", "remap_of_live_master"},
             .witness = {"moved_in_flight", "charged_by_another_task", "group_freed"},
             .boot = {kNoMemoryController}, .shares_boot = true) {
  constexpr unsigned kBatches = 24;
  count_groups(w);
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  const auto lower = BSC_SETUP(MappedDevice::create(w, "crypt", {crypt(disk, kCipher, kKey)}));
  const auto device = BSC_SETUP(MappedDevice::create(w, "linear", {linear(lower->disk())}));
  const auto one = BSC_SETUP(Cgroup::create(w, "one"));
  const auto other = BSC_SETUP(Cgroup::create(w, "other"));
  load_under_change(w, device->disk(), w.at_length(kBatches, 4 * kBatches), [&](unsigned round) {
    const auto moved = (round % 2 == 0 ? one : other)->adopt(0);
    EXPECT_TRUE(moved) << moved.error().text();
  });
}

// SPDX-License-Identifier: GPL-2.0-only
// The io controller is taken from a group and given back while the group does I/O: each time its
// css dies, bios and all, and another takes its place.
#include <gtest/gtest.h>

#include "guest/scenario/crypt_key.h"
#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm_cgroup/load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm_cgroup;

BSC_SCENARIO(dm_cgroup, controller_switched,
             .summary = "switching the io controller off and on under load leaves no css behind",
             .needs = {"module:dm_mod", "module:dm_crypt", "module:dm_delay", "module:xts",
                       "module:ecb", "module:brd", "config:BLK_CGROUP", "cpus:2"},
             .probes = {"bio", "dm", "blkcg", "css"},
             .oracles = {"charged_to_submitter", "association_of_live_source", "blkg_life_in_order",
                         "css_life_in_order", "remap_of_live_master"},
             .witness = {"group_gone_in_flight", "group_freed", "charged_by_another_task"},
             .boot = {kNoMemoryController}, .shares_boot = true) {
  constexpr unsigned kBatches = 16;
  constexpr unsigned kMilliseconds = 20;
  count_groups(w);
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  // So that some bios are in flight whenever the css dies.
  const auto late = BSC_SETUP(MappedDevice::create(w, "late", {delay(disk, kMilliseconds)}));
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "crypt", {crypt(late->disk(), kCipher, kKey)}));
  const auto group = BSC_SETUP(Cgroup::create(w, "switched"));
  const Inside inside(*group);
  load_under_change(w, device->disk(), w.at_length(kBatches, 4 * kBatches), [](unsigned round) {
    const auto switched = set_root("cgroup.subtree_control", round % 2 == 0 ? "-io" : "+io");
    EXPECT_TRUE(switched) << switched.error().text();
  });
}

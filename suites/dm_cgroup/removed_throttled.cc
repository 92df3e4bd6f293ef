// SPDX-License-Identifier: GPL-2.0-only
// A group is removed while blk-throttle holds its bios back below dm-crypt. They are let go in the
// end, and the group with them.
#include <gtest/gtest.h>

#include "guest/scenario/attribute.h"
#include "guest/scenario/crypt_key.h"
#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm_cgroup/removed_group.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm_cgroup;

BSC_SCENARIO(dm_cgroup, removed_throttled,
             .summary = "a throttled group that is removed lets its bios go and is freed",
             .needs = {"module:dm_mod", "module:dm_crypt", "module:xts", "module:ecb", "module:brd",
                       "config:BLK_DEV_THROTTLING", "cpus:2"},
             .probes = {"bio", "dm", "blkcg", "css"},
             .oracles = {"charged_to_submitter", "association_of_live_source", "blkg_life_in_order",
                         "css_life_in_order", "remap_of_live_master", "bio_completes",
                         "completes_once"},
             .witness = {"throttled", "group_gone_in_flight", "group_freed"},
             .boot = {kNoMemoryController}, .shares_boot = true) {
  constexpr unsigned kRounds = 2;
  constexpr std::size_t kBytesPerSecond = 256 << 10;
  count_groups(w);
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  const auto device = BSC_SETUP(MappedDevice::create(w, "crypt", {crypt(disk, kCipher, kKey)}));
  for (unsigned round = 0; round < w.at_length(kRounds, 4 * kRounds); ++round) {
    const auto group = BSC_SETUP(Cgroup::create(w, fmt::format("slow{}", round)));
    BSC_SETUP(
        write_attribute(group->path() + "/io.max",
                        fmt::format("{0} rbps={1} wbps={1}", disk.major_minor(), kBytesPerSecond)));
    remove_under_requests(w, device->disk(), *group, round, {.bytes = 16384});
  }
}

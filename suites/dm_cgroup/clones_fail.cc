// SPDX-License-Identifier: GPL-2.0-only
// Below dm-crypt a part of the disk fails. The group's bios get the error, whoever sent their
// clones, and the group is charged for what went down all the same.
#include <gtest/gtest.h>

#include "guest/scenario/bad_part.h"
#include "guest/scenario/crypt_key.h"
#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm_cgroup/load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm_cgroup;

BSC_SCENARIO(dm_cgroup, clones_fail,
             .summary = "clones of a group's bios that fail give their error to the submitter",
             .needs = {"module:dm_mod", "module:dm_crypt", "module:xts", "module:ecb", "module:brd",
                       "config:BLK_CGROUP", "cpus:2"},
             .probes = {"bio", "dm", "completion", "blkcg", "css"},
             .oracles = {"charged_to_submitter", "association_of_live_source", "blkg_life_in_order",
                         "css_life_in_order", "remap_of_live_master", "error_reaches_master"},
             .witness = {"bio_failed", "charged_by_another_task", "group_freed"},
             .boot = {kNoMemoryController}, .shares_boot = true) {
  constexpr BadPart kPart{.good = 1024, .bad = 64};
  count_groups(w);
  const auto ram = BSC_SETUP(ramdisk(w, 0));
  const auto bad = BSC_SETUP(MappedDevice::create(
      w, "bad", concatenate({linear(ram, {0, kPart.good}), error(kPart.bad)})));
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "crypt", {crypt(bad->disk(), kCipher, kKey)}));
  const auto group = BSC_SETUP(Cgroup::create(w, "failing"));
  const Inside inside(*group);
  request_around(w, device->disk(), kPart, 64, [&](const IoCompletion& done) {
    const std::int64_t wanted =
        kPart.holds(done.cookie) ? -EIO : static_cast<std::int64_t>(kBadPartBytes);
    EXPECT_EQ(done.result, wanted) << "block " << done.cookie;
  });
}

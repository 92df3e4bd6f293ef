// SPDX-License-Identifier: GPL-2.0-only
// A SCSI disk is taken from its driver while somebody has it open, and bound again: the new disk
// stands on the old queue, whose blkgs go with the last opener of the old one.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "guest/scenario/attribute.h"
#include "guest/scenario/disk.h"
#include "guest/scenario/wait.h"
#include "suites/dm_cgroup/load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm_cgroup;

BSC_SCENARIO(dm_cgroup, disk_bound_again,
             .summary = "a queue has one root blkg, also when another disk is bound to it",
             .needs = {"module:scsi_debug", "module:sd_mod", "config:BLK_CGROUP", "cpus:2"},
             .probes = {"bio", "blkcg", "css"},
             .oracles = {"one_root_blkg", "charged_to_submitter", "association_of_live_source",
                         "blkg_life_in_order", "css_life_in_order"},
             .witness = {"disk_bound_again", "group_freed"}, .boot = {kNoMemoryController}) {
  constexpr unsigned kRounds = 3;
  constexpr std::chrono::milliseconds kHeldFor{300};
  constexpr char kDriver[] = "/sys/bus/scsi/drivers/sd/";
  count_groups(w);
  std::string address;
  ASSERT_TRUE(wait_until(kDeviceLimit, [&] {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(kDriver, none))
      if (const std::string name = entry.path().filename(); std::ranges::count(name, ':') == 3)
        address = name;
    return !address.empty();
  })) << "scsi_debug has no disk";
  const auto group = BSC_SETUP(Cgroup::create(w, "bound"));
  for (unsigned round = 0; round < w.at_length(kRounds, 4 * kRounds); ++round) {
    std::string path;
    ASSERT_TRUE(wait_until(
        kDeviceLimit,
        [&] {
          std::error_code none;
          const std::string blocks = fmt::format("/sys/bus/scsi/devices/{}/block", address);
          for (const auto& entry : std::filesystem::directory_iterator(blocks, none))
            path = "/dev/" + entry.path().filename().string();
          return !path.empty();
        }))
        << address << " has no disk in round " << round;
    const auto disk = BSC_SETUP(find_disk(w.host(), path));
    {
      const Inside inside(*group);
      load(w, disk, {.blocks = 16, .requests = 16});
    }
    auto opener = BSC_SETUP(open_disk(disk));
    const auto unbound = write_attribute(fmt::format("{}unbind", kDriver), address);
    ASSERT_TRUE(unbound) << unbound.error().text();
    std::jthread closer([&] {
      std::this_thread::sleep_for(kHeldFor);
      opener.reset();
    });
    const auto bound = write_attribute(fmt::format("{}bind", kDriver), address);
    EXPECT_TRUE(bound) << bound.error().text();
    w.host().progress();
  }
}

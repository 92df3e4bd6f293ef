// SPDX-License-Identifier: GPL-2.0-only
// dm sends a flush with a bio on its stack, which belongs to the group of whoever asked. It is no
// data and nobody is charged, but what it holds of the group has to be given back.
#include <gtest/gtest.h>

#include "guest/scenario/dm.h"
#include "suites/dm_cgroup/load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm_cgroup;

BSC_SCENARIO(dm_cgroup, flushed_group,
             .summary = "a group that flushed through dm is freed like any other",
             .needs = {"module:dm_mod", "module:virtio_blk", "config:BLK_CGROUP", "cpus:2",
                       "disk:64"},
             .probes = {"bio", "dm", "blkcg", "css"},
             .oracles = {"charged_to_submitter", "association_of_live_source", "blkg_life_in_order",
                         "css_life_in_order", "remap_of_live_master"},
             .witness = {"group_flushed", "group_freed"}, .boot = {kNoMemoryController},
             .shares_boot = true) {
  constexpr std::uint64_t kSectors = 2048;
  constexpr unsigned kRounds = 8;
  count_groups(w);
  // A loop device would do as well, but its workers keep a group for a minute.
  const auto disk = BSC_SETUP(find_disk(w.host(), "/dev/vda"));
  const auto device = BSC_SETUP(MappedDevice::create(w, "linear", {linear(disk, {0, kSectors})}));
  const auto group = BSC_SETUP(Cgroup::create(w, "flushing"));
  {
    const Inside inside(*group);
    Stream stream =
        BSC_SETUP(Stream::open(w, device->disk(), {.extent = {0, kSectors}, .writer = 1}));
    for (unsigned round = 0; round < kRounds; ++round) {
      BSC_SETUP(stream.run({.requests = 8, .durable = true}));
      stream.flush();
    }
    BSC_SETUP(stream.read_back());
    for (const std::string& fault : stream.faults()) ADD_FAILURE() << fault;
  }
  const auto removed = group->remove();
  EXPECT_TRUE(removed) << removed.error().text();
}

// SPDX-License-Identifier: GPL-2.0-only
// Groups that live for a few bios each, one after the other: every one of them goes.
#include <gtest/gtest.h>

#include "guest/scenario/crypt_key.h"
#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm_cgroup/load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm_cgroup;

BSC_SCENARIO(dm_cgroup, many_groups, .summary = "of many short-lived groups with I/O none is left",
             .needs = {"module:dm_mod", "module:dm_crypt", "module:xts", "module:ecb", "module:brd",
                       "config:BLK_CGROUP", "cpus:2"},
             .probes = {"bio", "dm", "blkcg", "css"},
             .oracles = {"charged_to_submitter", "association_of_live_source", "blkg_life_in_order",
                         "css_life_in_order", "remap_of_live_master"},
             .witness = {"charged_by_another_task", "group_freed"}, .boot = {kNoMemoryController},
             .ring_bytes = 32u << 20, .long_budget_seconds = 120, .shares_boot = true) {
  constexpr unsigned kGroups = 40;
  constexpr unsigned kManyGroups = 1000;
  constexpr std::size_t kBytes = 4096;
  constexpr unsigned kDepth = 4;
  count_groups(w);
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  const auto device = BSC_SETUP(MappedDevice::create(w, "crypt", {crypt(disk, kCipher, kKey)}));
  const auto fd = BSC_SETUP(open_disk(device->disk()));
  const auto buffer = BSC_SETUP(Buffer::allocate(kDepth * kBytes));
  const auto queue = BSC_SETUP(open_aio_queue(kDepth));
  for (unsigned round = 0; round < w.at_length(kGroups, kManyGroups); ++round) {
    const auto group = BSC_SETUP(Cgroup::create(w, fmt::format("brief{}", round)));
    {
      const Inside inside(*group);
      for (unsigned slot = 0; slot < kDepth; ++slot)
        BSC_SETUP(
            queue->submit({.kind = slot % 2 == 0 ? IoRequest::Kind::kRead : IoRequest::Kind::kWrite,
                           .fd = fd.get(),
                           .offset = slot * kBytes,
                           .buffer = buffer.part(slot * kBytes, kBytes),
                           .cookie = slot}));
    }
    // The last bios of every second group are still in flight.
    const auto settle = [&] {
      while (queue->in_flight() != 0)
        for (const IoCompletion& done : BSC_SETUP(queue->reap()))
          EXPECT_EQ(done.result, static_cast<std::int64_t>(kBytes));
    };
    if (round % 2 == 0) settle();
    const auto removed = group->remove();
    ASSERT_TRUE(removed) << removed.error().text();
    settle();
    w.host().progress();
  }
}

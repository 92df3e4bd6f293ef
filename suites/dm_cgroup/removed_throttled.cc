// SPDX-License-Identifier: GPL-2.0-only
// A group is removed while blk-throttle holds its bios back below dm-crypt. They are let go in the
// end, and the group with them.
#include <gtest/gtest.h>

#include "guest/scenario/attribute.h"
#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm_cgroup/crypt_key.h"
#include "suites/dm_cgroup/load.h"

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
  constexpr unsigned kDepth = 16;
  constexpr std::size_t kBytes = 16384;
  constexpr std::size_t kBytesPerSecond = 256 << 10;
  count_groups(w);
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  const auto device = BSC_SETUP(MappedDevice::create(w, "crypt", {crypt(disk, kCipher, kKey)}));
  const auto fd = BSC_SETUP(open_disk(device->disk()));
  const auto buffer = BSC_SETUP(Buffer::allocate(kDepth * kBytes));

  for (unsigned round = 0; round < w.at_length(kRounds, 4 * kRounds); ++round) {
    const auto queue = BSC_SETUP(open_aio_queue(kDepth));
    const auto group = BSC_SETUP(Cgroup::create(w, fmt::format("slow{}", round)));
    BSC_SETUP(
        write_attribute(group->path() + "/io.max",
                        fmt::format("{0} rbps={1} wbps={1}", disk.major_minor(), kBytesPerSecond)));
    {
      const Inside inside(*group);
      for (unsigned slot = 0; slot < kDepth; ++slot)
        BSC_SETUP(
            queue->submit({.kind = slot % 4 == 0 ? IoRequest::Kind::kRead : IoRequest::Kind::kWrite,
                           .fd = fd.get(),
                           .offset = (std::uint64_t{round} * kDepth + slot) * kBytes,
                           .buffer = buffer.part(slot * kBytes, kBytes),
                           .cookie = slot}));
    }
    const auto removed = group->remove();
    ASSERT_TRUE(removed) << removed.error().text();
    while (queue->in_flight() != 0)
      for (const IoCompletion& done : BSC_SETUP(queue->reap()))
        EXPECT_EQ(done.result, static_cast<std::int64_t>(kBytes)) << "request " << done.cookie;
    w.host().progress();
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// Below dm-crypt a part of the disk fails. The group's bios get the error, whoever sent their
// clones, and the group is charged for what went down all the same.
#include <gtest/gtest.h>

#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm_cgroup/crypt_key.h"
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
  constexpr std::uint64_t kGoodSectors = 1024;
  constexpr std::uint64_t kBadSectors = 64;
  constexpr std::size_t kBytes = 4096;
  constexpr unsigned kDepth = 4;
  constexpr unsigned kRequests = 64;
  constexpr std::uint64_t kBadBlock = kGoodSectors * kSectorBytes / kBytes;
  constexpr std::uint64_t kBadBlocks = kBadSectors * kSectorBytes / kBytes;
  count_groups(w);
  const auto ram = BSC_SETUP(ramdisk(w, 0));
  const auto bad = BSC_SETUP(MappedDevice::create(
      w, "bad", concatenate({linear(ram, {0, kGoodSectors}), error(kBadSectors)})));
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "crypt", {crypt(bad->disk(), kCipher, kKey)}));
  const auto group = BSC_SETUP(Cgroup::create(w, "failing"));
  const Inside inside(*group);
  w.on_every_cpu([&](unsigned cpu) {
    const auto fd = BSC_SETUP(open_disk(device->disk()));
    const auto buffer = BSC_SETUP(Buffer::allocate(kDepth * kBytes));
    const auto queue = BSC_SETUP(open_aio_queue(kDepth));
    for (unsigned first = 0; first < kRequests; first += kDepth) {
      for (unsigned slot = 0; slot < kDepth; ++slot) {
        const unsigned request = first + slot;
        const bool fails = (request / 2 + cpu) % 3 == 0;
        const std::uint64_t block = fails ? kBadBlock + request % kBadBlocks : request % kBadBlock;
        BSC_SETUP(queue->submit(
            {.kind = request % 2 == 0 ? IoRequest::Kind::kRead : IoRequest::Kind::kWrite,
             .fd = fd.get(),
             .offset = block * kBytes,
             .buffer = buffer.part(slot * kBytes, kBytes),
             .cookie = block}));
      }
      while (queue->in_flight() != 0)
        for (const IoCompletion& done : BSC_SETUP(queue->reap())) {
          const std::int64_t wanted =
              done.cookie < kBadBlock ? static_cast<std::int64_t>(kBytes) : -EIO;
          EXPECT_EQ(done.result, wanted) << "block " << done.cookie;
        }
      w.host().progress();
    }
  });
}

// SPDX-License-Identifier: GPL-2.0-only
// The origin's writers make room for what the snapshot shows: before the first write to a chunk dm
// copies it to the exception store. Meanwhile others read the snapshot.
#include <gtest/gtest.h>

#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm;

namespace {

constexpr std::uint64_t kChunkSectors = 16;
constexpr unsigned kSnapshots = 2;              // a write waits for the copies of both
constexpr std::uint64_t kHeaderSectors = 1024;  // where a snapshot of an earlier trial may be seen
constexpr std::uint64_t kBlockSectors = 8;
constexpr std::uint64_t kBlocks = 64;  // of each vCPU

}  // namespace

BSC_SCENARIO(dm, snapshot_of_origin,
             .summary =
                 "two snapshots show what their origin held, while it is written and "
                 "all are read",
             .needs = {"module:dm_mod", "module:dm_snapshot", "module:brd", "cpus:2"},
             .probes = {"bio", "dm"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "remap_of_live_master", "suspended_is_idle", "pool_empty_at_exit"},
             .witness = {"overlap_on_two_cpus", "dm_clone_completed"}, .shares_boot = true) {
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  std::vector<BlockDevice> stores;
  for (unsigned number = 1; number <= kSnapshots; ++number) {
    stores.push_back(BSC_SETUP(ramdisk(w, number)));
    BSC_SETUP(zero_out(BSC_SETUP(open_disk(stores.back())), {0, kHeaderSectors}));
  }
  const auto origin = BSC_SETUP(MappedDevice::create(w, "origin", {snapshot_origin(disk)}));

  std::vector<Stream> streams;
  for (unsigned cpu = 0; cpu < w.cpus(); ++cpu) {
    streams.push_back(open_stream(w, origin->disk(), cpu, {.blocks = kBlocks}));
    BSC_SETUP(streams.back().run({.requests = kBlocks}));
  }

  w.step("snapshots");
  BSC_SETUP(origin->suspend());
  std::vector<std::shared_ptr<MappedDevice>> snapshots;
  for (unsigned number = 0; number < kSnapshots; ++number)
    snapshots.push_back(BSC_SETUP(MappedDevice::create(
        w, fmt::format("snapshot{}", number), {snapshot(disk, stores[number], kChunkSectors)})));
  BSC_SETUP(origin->resume());
  w.on_every_cpu([&](unsigned cpu) {
    const Extent share = share_of(origin->disk(), cpu, w.cpus());
    Stream& stream = streams[cpu];
    for (std::uint64_t block = 0; block < kBlocks; block += 8) {
      BSC_SETUP(stream.run({.requests = 8}));
      for (const auto& taken : snapshots)
        expect_older(taken->disk(), origin->disk(), {share.first + block * kBlockSectors, 64},
                     kBlocks);
    }
    BSC_SETUP(stream.read_back());
    check(stream);
    for (const auto& taken : snapshots)
      expect_older(taken->disk(), origin->disk(), {share.first, kBlocks * kBlockSectors}, kBlocks);
  });
}

// SPDX-License-Identifier: GPL-2.0-only
// The origin's writers make room for what the snapshot shows: before the first write to a chunk dm
// copies it to the exception store. Meanwhile others read the snapshot.
#include <gtest/gtest.h>

#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;

namespace {

constexpr std::uint64_t kChunkSectors = 16;
constexpr std::uint64_t kHeaderSectors = 1024;  // where a snapshot of an earlier trial may be seen
constexpr std::uint64_t kBlockSectors = 8;
constexpr std::uint64_t kBlocks = 64;  // of each vCPU

// Every sector still is what its writer wrote before the snapshot was taken.
void expect_old(const BlockDevice& snapshot, const BlockDevice& origin, const Extent& extent) {
  const auto old = read_sectors(snapshot, extent);
  ASSERT_TRUE(old) << old.error().text();
  for (std::uint64_t at = 0; at < extent.sectors; ++at) {
    const SectorContent content =
        read_sector(ConstSector(old->part(at * kSectorBytes, kSectorBytes).first<kSectorBytes>()));
    ASSERT_EQ(content.state, SectorContent::State::kStamped) << describe(content);
    ASSERT_EQ(content.stamp.device, origin.number) << describe(content);
    ASSERT_EQ(content.stamp.sector, extent.first + at) << describe(content);
    ASSERT_LE(content.stamp.counter, kBlocks) << "newer than the snapshot: " << describe(content);
  }
}

}  // namespace

BSC_SCENARIO(dm, snapshot_of_origin,
             .summary =
                 "a snapshot shows what its origin held, while the origin is written and "
                 "both are read",
             .needs = {"module:dm_mod", "module:dm_snapshot", "module:brd", "cpus:2"},
             .probes = {"bio", "dm"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "remap_of_live_master", "suspended_is_idle", "pool_empty_at_exit"},
             .witness = {"overlap_on_two_cpus", "dm_clone_completed"}, .shares_boot = true) {
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  const auto store = BSC_SETUP(ramdisk(w, 1));
  BSC_SETUP(zero_out(BSC_SETUP(open_disk(store)), {0, kHeaderSectors}));
  const auto origin = BSC_SETUP(MappedDevice::create(w, "origin", {snapshot_origin(disk)}));

  std::vector<Stream> streams;
  for (unsigned cpu = 0; cpu < w.cpus(); ++cpu) {
    streams.push_back(open_stream(w, origin->disk(), cpu, {.blocks = kBlocks}));
    BSC_SETUP(streams.back().run({.requests = kBlocks}));
  }

  w.step("snapshot");
  BSC_SETUP(origin->suspend());
  const auto taken =
      BSC_SETUP(MappedDevice::create(w, "snapshot", {snapshot(disk, store, kChunkSectors)}));
  BSC_SETUP(origin->resume());
  w.on_every_cpu([&](unsigned cpu) {
    const Extent share = share_of(origin->disk(), cpu, w.cpus());
    Stream& stream = streams[cpu];
    for (std::uint64_t block = 0; block < kBlocks; block += 8) {
      BSC_SETUP(stream.run({.requests = 8}));
      expect_old(taken->disk(), origin->disk(), {share.first + block * kBlockSectors, 64});
    }
    BSC_SETUP(stream.read_back());
    check(stream);
    expect_old(taken->disk(), origin->disk(), {share.first, kBlocks * kBlockSectors});
  });
}

// SPDX-License-Identifier: GPL-2.0-only
// Two snapshots of one origin with chunks of very different sizes: a large write to the origin is
// cut at the small ones, and its last pieces wait for a copy that began long ago and for one that
// has just begun.
#include <gtest/gtest.h>

#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm;

BSC_SCENARIO(dm, snapshots_of_two_sizes,
             .summary = "a write to an origin waits until every snapshot has what it overwrites",
             .needs = {"module:dm_mod", "module:dm_snapshot", "module:brd", "cpus:2"},
             .probes = {"bio", "dm"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "remap_of_live_master", "pool_empty_at_exit"},
             .witness = {"bio_split", "dm_clone_completed", "overlap_on_two_cpus"},
             .ring_bytes = 32U << 20, .budget_seconds = 30, .shares_boot = true) {
  constexpr std::uint64_t kChunks[] = {8, 1024};  // sectors
  constexpr std::uint64_t kHeaderSectors = 2048;  // where an earlier snapshot may be seen
  constexpr Traffic kTraffic{.block = 524288, .blocks = 3, .depth = 1};
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  const auto origin = BSC_SETUP(MappedDevice::create(w, "origin", {snapshot_origin(disk)}));
  std::vector<Stream> streams;
  for (unsigned cpu = 0; cpu < w.cpus(); ++cpu) {
    streams.push_back(open_stream(w, origin->disk(), cpu, kTraffic));
    BSC_SETUP(streams.back().run({.requests = kTraffic.blocks}));
  }

  BSC_SETUP(origin->suspend());
  std::vector<std::shared_ptr<MappedDevice>> snapshots;
  for (const std::uint64_t chunk : kChunks) {
    const auto number = static_cast<unsigned>(snapshots.size() + 1);
    const auto store = BSC_SETUP(ramdisk(w, number));
    BSC_SETUP(zero_out(BSC_SETUP(open_disk(store)), {0, kHeaderSectors}));
    snapshots.push_back(BSC_SETUP(MappedDevice::create(w, fmt::format("snapshot{}", number),
                                                       {snapshot(disk, store, chunk)})));
  }
  BSC_SETUP(origin->resume());
  w.on_every_cpu([&](unsigned cpu) {
    BSC_SETUP(streams[cpu].run({.requests = kTraffic.blocks}));
    check(streams[cpu]);
    Extent extent = share_of(origin->disk(), cpu, w.cpus());
    extent.sectors = std::uint64_t{kTraffic.blocks} * kTraffic.block / kSectorBytes;
    for (const auto& taken : snapshots)
      expect_older(taken->disk(), origin->disk(), extent, kTraffic.blocks);
  });
}

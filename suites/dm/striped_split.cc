// SPDX-License-Identifier: GPL-2.0-only
// Requests larger than a chunk: dm keeps the first part of the bio and submits the same bio again
// for the rest, chunk by chunk. Zeroing more than a bio holds chains bios on top of that.
#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;

BSC_SCENARIO(dm, striped_split,
             .summary =
                 "bios that dm-striped cuts into chunks complete once, after all their "
                 "parts",
             .needs = {"module:dm_mod", "module:brd", "cpus:2"},
             .probes = {"bio", "dm", "completion"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "remap_of_live_master", "error_reaches_master", "pool_empty_at_exit"},
             .witness = {"bio_split", "overlap_on_two_cpus", "dm_clone_completed"},
             .shares_boot = true) {
  constexpr std::uint64_t kChunkSectors = 32;
  constexpr std::uint64_t kChainedSectors = 4096;  // two bios of 1 MiB
  const auto disk0 = BSC_SETUP(ramdisk(w, 0));
  const auto disk1 = BSC_SETUP(ramdisk(w, 1));
  const auto striped_device =
      BSC_SETUP(MappedDevice::create(w, "striped", {striped({disk0, disk1}, kChunkSectors)}));

  w.step("split");
  on_every_cpu(w, striped_device->disk(),
               {.block = 65536, .blocks = 32, .depth = 4, .requests = 48});

  w.step("split and chained");
  w.on_every_cpu([&](unsigned cpu) {
    Extent extent = share_of(striped_device->disk(), cpu, w.cpus());
    extent.sectors = kChainedSectors;
    Stream stream =
        BSC_SETUP(Stream::open(w, striped_device->disk(),
                               {.extent = extent, .block = 65536, .depth = 4, .writer = cpu + 1}));
    stream.zero();
    BSC_SETUP(stream.run({.requests = 8, .random = true}));
    BSC_SETUP(stream.read_back());
    check(stream);
  });
}

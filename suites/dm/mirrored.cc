// SPDX-License-Identifier: GPL-2.0-only
// dm-mirror writes each bio to both legs through bios of its own. One leg completes at once, the
// other from the loop driver's worker.
#include "guest/scenario/loop.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;

BSC_SCENARIO(dm, mirrored,
             .summary = "a mirrored write completes once, after both legs, and either leg has it",
             .needs = {"module:dm_mod", "module:dm_mirror", "module:brd", "module:loop", "cpus:2"},
             .probes = {"bio", "dm"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "remap_of_live_master", "pool_empty_at_exit"},
             .witness = {"bio_split", "overlap_on_two_cpus", "dm_clone_completed"},
             .shares_boot = true) {
  constexpr std::uint64_t kRegionSectors = 32;
  constexpr std::uint64_t kLoopMib = 16;
  constexpr Traffic kTraffic{.block = 32768, .blocks = 24, .depth = 4, .requests = 48};
  const auto ram = BSC_SETUP(ramdisk(w, 0));
  const auto loop = BSC_SETUP(loop_disk(w, kLoopMib));
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "mirrored", {mirror({ram, loop}, kRegionSectors)}));

  w.on_every_cpu([&](unsigned cpu) {
    Stream stream = open_stream(w, device->disk(), cpu, kTraffic);
    BSC_SETUP(stream.run({.requests = kTraffic.blocks}));
    BSC_SETUP(stream.run({.requests = kTraffic.requests, .read_percent = 50, .random = true}));
    make_durable(stream, 8);
    BSC_SETUP(stream.read_back());
    check(stream);
  });
  for (unsigned cpu = 0; cpu < w.cpus(); ++cpu) {
    Extent extent = share_of(device->disk(), cpu, w.cpus());
    extent.sectors = std::uint64_t{kTraffic.blocks} * kTraffic.block / kSectorBytes;
    expect_equal(ram, loop, extent);
  }
}

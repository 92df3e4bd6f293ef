// SPDX-License-Identifier: GPL-2.0-only
// A leg of a mirror stops giving back what it has. Each read that fails there is sent once more, as
// it was, to the other leg.
#include <gtest/gtest.h>

#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm;

BSC_SCENARIO(dm, mirror_leg_fails,
             .summary = "reads that one leg of a mirror cannot serve come from the other, whole",
             .needs = {"module:dm_mod", "module:dm_mirror", "module:brd", "cpus:2"},
             .probes = {"bio", "dm"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "remap_of_live_master", "pool_empty_at_exit"},
             .witness = {"bio_failed", "dm_clone_completed"}, .shares_boot = true) {
  constexpr std::uint64_t kRegionSectors = 64;
  constexpr std::uint64_t kBegin = 128;  // of the leg that fails, on its disk
  constexpr Traffic kTraffic{.block = 16384, .blocks = 24, .depth = 4};
  const auto leg = BSC_SETUP(MappedDevice::create(w, "leg", {linear(BSC_SETUP(ramdisk(w, 0)))}));
  const auto other = BSC_SETUP(ramdisk(w, 1));
  // The legs begin at different places: what was mapped to one is not where the other has it.
  const Target mirrored{
      .sectors = other.sectors - kBegin,
      .type = "mirror",
      .parameters = fmt::format("core 2 {} nosync 2 {} {} {} 0 1 handle_errors", kRegionSectors,
                                leg->disk().major_minor(), kBegin, other.major_minor())};
  const auto device = BSC_SETUP(MappedDevice::create(w, "mirror", {mirrored}));
  std::vector<Stream> streams;
  for (unsigned cpu = 0; cpu < w.cpus(); ++cpu) {
    streams.push_back(open_stream(w, device->disk(), cpu, kTraffic));
    BSC_SETUP(streams.back().run({.requests = kTraffic.blocks}));
  }
  w.step("a leg fails");
  BSC_SETUP(leg->swap({error(leg->disk().sectors)}));
  w.on_every_cpu([&](unsigned cpu) {
    BSC_SETUP(streams[cpu].run({.requests = kTraffic.blocks, .read_percent = 100, .random = true}));
    BSC_SETUP(streams[cpu].read_back());
    check(streams[cpu]);
  });
}

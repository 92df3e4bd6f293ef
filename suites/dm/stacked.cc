// SPDX-License-Identifier: GPL-2.0-only
// Clones of clones of clones: linear on crypt on striped. The last steps go through the page
// cache, so that the kernel's own writeback submits the bios.
#include <gtest/gtest.h>

#include "guest/scenario/crypt_key.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;

BSC_SCENARIO(dm, stacked,
             .summary = "each level of stacked dm devices completes after the level below it",
             .needs = {"module:dm_mod", "module:dm_crypt", "module:xts", "module:ecb", "module:brd",
                       "cpus:2"},
             .probes = {"bio", "dm"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "remap_of_live_master", "pool_empty_at_exit"},
             .witness = {"clone_of_clone", "overlap_on_two_cpus", "dm_clone_completed"},
             .shares_boot = true) {
  constexpr std::uint64_t kChunkSectors = 16;
  const auto disk0 = BSC_SETUP(ramdisk(w, 0));
  const auto disk1 = BSC_SETUP(ramdisk(w, 1));
  const auto bottom =
      BSC_SETUP(MappedDevice::create(w, "bottom", {striped({disk0, disk1}, kChunkSectors)}));
  const auto middle =
      BSC_SETUP(MappedDevice::create(w, "middle", {crypt(bottom->disk(), kCipher, kKey)}));
  const auto top = BSC_SETUP(MappedDevice::create(w, "top", {linear(middle->disk())}));

  w.step("direct");
  on_every_cpu(w, top->disk(), {.blocks = 64, .requests = 128});

  w.step("through the page cache");
  w.on_every_cpu([&](unsigned cpu) {
    Extent extent = share_of(top->disk(), cpu, w.cpus());
    extent.sectors = 512;
    Stream stream = BSC_SETUP(Stream::open(
        w, top->disk(), {.extent = extent, .caching = Caching::kBuffered, .writer = cpu + 1}));
    BSC_SETUP(stream.run({.requests = 64}));
    stream.flush();
    BSC_SETUP(stream.drop_cache());
    BSC_SETUP(stream.read_back());
    check(stream);
  });
}

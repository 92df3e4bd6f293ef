// SPDX-License-Identifier: GPL-2.0-only
// The submitter looks for completions itself: no interrupt tells of them. dm keeps its dm_io in a
// list at the bio meanwhile, and takes its bios from per-CPU caches.
#include <gtest/gtest.h>

#include "guest/scenario/null_block.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;

BSC_SCENARIO(dm, polled, .summary = "a polled bio completes once, by its submitter's own poll",
             .needs = {"module:dm_mod", "module:null_blk", "config:IO_URING", "cpus:2"},
             .probes = {"bio", "dm"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "remap_of_live_master", "pool_empty_at_exit"},
             .witness = {"polled", "overlap_on_two_cpus", "dm_clone_completed"},
             .shares_boot = true) {
  constexpr unsigned kBlocks = 96;
  const auto disk = BSC_SETUP(null_block(w, "nullb_own"));
  const auto device = BSC_SETUP(MappedDevice::create(w, "polled", {linear(disk)}));
  w.on_every_cpu([&](unsigned cpu) {
    Extent extent = share_of(device->disk(), cpu, w.cpus());
    extent.sectors = std::uint64_t{kBlocks} * 8;
    Stream stream = BSC_SETUP(Stream::open(
        w, device->disk(), {.extent = extent, .depth = 4, .polled = true, .writer = cpu + 1}));
    BSC_SETUP(stream.run({.requests = kBlocks}));
    BSC_SETUP(stream.run({.requests = 160, .read_percent = 50, .random = true}));
    BSC_SETUP(stream.read_back());
    check(stream);
  });
}

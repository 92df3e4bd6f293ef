// SPDX-License-Identifier: GPL-2.0-only
// BLKFLSBUF on a ramdisk that nobody else uses: the cache is written to the ramdisk and dropped,
// and the ramdisk keeps its pages. It once threw them away.
#include <gtest/gtest.h>

#include "guest/scenario/ramdisk.h"
#include "suites/ramdisk/cache_load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;

BSC_SCENARIO(ramdisk, flush_idle,
             .summary = "BLKFLSBUF writes the cache to the ramdisk, drops it, and keeps the data",
             .needs = {"module:brd"}, .probes = {"brd", "cache"},
             .oracles = {"reads_see_latest_write", "cache_follows_device", "flush_reaches_device",
                         "ramdisk_pages_add_up", "writeback_ends_once"},
             .witness = {"buffers_flushed", "cache_dropped", "cache_refilled", "sector_content"}) {
  constexpr std::uint64_t kPages = 256;
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  CachedDisk cached = open_cached(w, disk, 1);
  for (unsigned round = 0; round < w.at_length(8u, 100u); ++round) {
    for (std::uint64_t index = round % 3; index < kPages; index += 1 + round % 3)
      EXPECT_CALL_DONE(cached.write(Caching::kBuffered, page(index)));
    EXPECT_CALL_DONE(cached.flush_buffers());
    for (std::uint64_t index = 0; index < kPages; ++index)
      EXPECT_CALL_DONE(cached.read(Caching::kBuffered, page(index)));
    // Part of a page: its other sectors have to come from the ramdisk.
    EXPECT_CALL_DONE(cached.write(Caching::kBuffered, {page(round).first + 3, 2}));
    EXPECT_CALL_DONE(round % 2 == 0 ? cached.sync() : cached.flush_buffers());
    EXPECT_CALL_DONE(cached.read(Caching::kDirect, page(round)));
    // Past the cache and in two pages at once.
    const Extent across{page(2 * round).first + 4, CachedDisk::kPageSectors};
    EXPECT_CALL_DONE(cached.write(Caching::kDirect, across));
    EXPECT_CALL_DONE(cached.read(Caching::kBuffered, page(2 * round)));
    EXPECT_CALL_DONE(cached.read(Caching::kDirect, page(2 * round + 1)));
  }
  read_back(cached, kPages);
}

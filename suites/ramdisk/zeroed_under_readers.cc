// SPDX-License-Identifier: GPL-2.0-only
// BLKZEROOUT of pages that others read through the cache and past it.
#include <gtest/gtest.h>

#include <algorithm>

#include "guest/scenario/ramdisk.h"
#include "suites/ramdisk/cache_load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;

BSC_SCENARIO(ramdisk, zeroed_under_readers,
             .summary = "once BLKZEROOUT has returned, both ways give zeros until the next write",
             .needs = {"module:brd", "cpus:2"}, .probes = {"brd", "cache"},
             .oracles = {"reads_see_latest_write", "cache_follows_device", "flush_reaches_device",
                         "ramdisk_pages_add_up", "writeback_ends_once"},
             .witness = {"cache_truncated", "cache_passed_by", "read_beside_write",
                         "sector_content"}) {
  constexpr std::uint64_t kPages = 32;
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  w.on_every_cpu([&](unsigned cpu) {
    CachedDisk cached = open_cached(w, disk, cpu + 1);
    for (unsigned round = 0; round < w.at_length(60u, 600u); ++round) {
      if (cpu == 0) {
        const std::uint64_t first = round * 5 % kPages;
        EXPECT_CALL_DONE(
            cached.write(round % 3 == 0 ? Caching::kDirect : Caching::kBuffered, page(first)));
        EXPECT_CALL_DONE(cached.read(Caching::kBuffered, page(first)));
        const std::uint64_t count = std::min<std::uint64_t>(3, kPages - first);
        // What lies before and behind stays, in the cache too, dirty or not.
        const std::uint64_t behind = first + count;
        const std::uint64_t before = first == 0 ? kPages + 1 : first - 1;
        for (const std::uint64_t beside : {before, behind})
          EXPECT_CALL_DONE(
              cached.write(round % 2 == 0 ? Caching::kDirect : Caching::kBuffered, page(beside)));
        for (const std::uint64_t beside : {before, behind})
          EXPECT_CALL_DONE(cached.read(Caching::kBuffered, page(beside)));
        EXPECT_CALL_DONE(cached.zero({page(first).first, count * CachedDisk::kPageSectors}));
        for (const std::uint64_t beside : {before, behind}) {
          EXPECT_CALL_DONE(cached.read(Caching::kBuffered, page(beside)));
          EXPECT_CALL_DONE(cached.read(Caching::kDirect, page(beside)));
        }
        EXPECT_CALL_DONE(cached.read(Caching::kBuffered, page(first)));
        EXPECT_CALL_DONE(cached.read(Caching::kDirect, page(first)));
      } else {
        for (std::uint64_t index = 0; index < kPages; index += 4)
          EXPECT_CALL_DONE(cached.read(round % 4 == 0 ? Caching::kDirect : Caching::kBuffered,
                                       page((round + index) % kPages)));
      }
    }
  });
}

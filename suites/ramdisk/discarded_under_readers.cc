// SPDX-License-Identifier: GPL-2.0-only
// BLKDISCARD of pages that others read through the cache and past it. What a discard leaves is the
// disk's affair; both ways have to agree on it. On null_blk: brd of 6.1 offers no discard.
#include <gtest/gtest.h>

#include "guest/scenario/null_block.h"
#include "suites/ramdisk/cache_load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;

BSC_SCENARIO(ramdisk, discarded_under_readers,
             .summary = "after BLKDISCARD the cache shows nothing that the disk no longer has",
             .needs = {"module:null_blk", "cpus:2"}, .probes = {"cache"},
             .oracles = {"reads_see_latest_write", "cache_follows_device", "writeback_ends_once"},
             .witness = {"cache_truncated", "cache_passed_by", "read_beside_write",
                         "sector_content"},
             .shares_boot = true) {
  constexpr std::uint64_t kPages = 32;
  const auto disk = BSC_SETUP(null_block(w, "cached", {.discard = true}));
  w.on_every_cpu([&](unsigned cpu) {
    CachedDisk cached = open_cached(w, disk, cpu + 1);
    for (unsigned round = 0; round < w.at_length(60u, 600u); ++round) {
      if (cpu == 0) {
        const std::uint64_t at = round * 5 % kPages;
        EXPECT_CALL_DONE(
            cached.write(round % 3 == 0 ? Caching::kDirect : Caching::kBuffered, page(at)));
        EXPECT_CALL_DONE(cached.read(Caching::kBuffered, page(at)));
        // What lies before and behind stays, in the cache too, dirty or not.
        for (const std::uint64_t beside : {at == 0 ? kPages : at - 1, at + 1}) {
          EXPECT_CALL_DONE(
              cached.write(round % 2 == 0 ? Caching::kDirect : Caching::kBuffered, page(beside)));
          EXPECT_CALL_DONE(cached.read(Caching::kBuffered, page(beside)));
        }
        EXPECT_CALL_DONE(cached.discard(page(at)));
        for (const std::uint64_t beside : {at == 0 ? kPages : at - 1, at + 1}) {
          EXPECT_CALL_DONE(cached.read(Caching::kBuffered, page(beside)));
          EXPECT_CALL_DONE(cached.read(Caching::kDirect, page(beside)));
        }
        EXPECT_CALL_DONE(
            cached.read(round % 2 == 0 ? Caching::kDirect : Caching::kBuffered, page(at)));
        EXPECT_CALL_DONE(cached.read(Caching::kBuffered, page(at)));
      } else {
        for (std::uint64_t index = 0; index < kPages; index += 4)
          EXPECT_CALL_DONE(cached.read(round % 4 == 0 ? Caching::kDirect : Caching::kBuffered,
                                       page((round + index) % kPages)));
      }
    }
  });
}

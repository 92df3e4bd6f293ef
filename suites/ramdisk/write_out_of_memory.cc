// SPDX-License-Identifier: GPL-2.0-only
// Writes to pages that a ramdisk does not have yet, while the first, the second, the third
// allocation fails: an error, and no page that is counted or filled by half.
#include <gtest/gtest.h>

#include "guest/fault/fail_nth.h"
#include "guest/scenario/ramdisk.h"
#include "suites/ramdisk/cache_load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;
using bioscope::fault::walk_fail_nth;

BSC_SCENARIO(ramdisk, write_out_of_memory,
             .summary = "a write that finds no memory fails, and the ramdisk still adds up",
             .needs = {"module:brd", "config:FAILSLAB", "config:FAIL_PAGE_ALLOC"},
             .probes = {"brd", "cache"},
             .oracles = {"reads_see_latest_write", "cache_follows_device", "ramdisk_pages_add_up"},
             .witness = {"store_failed", "sector_content"}, .budget_seconds = 40) {
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  CachedDisk cached = open_cached(w, disk, 1);
  std::uint64_t index = 0;
  // Sectors that lie in two pages of the ramdisk, none of which it has.
  const auto across = [&] { return Extent{page(index).first + 4, CachedDisk::kPageSectors}; };
  const unsigned failed = BSC_SETUP(walk_fail_nth(
      w, [&] { static_cast<void>(cached.write(Caching::kDirect, across())); },
      [&] {
        static_cast<void>(cached.read(Caching::kDirect, across()));
        EXPECT_CALL_DONE(cached.write(Caching::kDirect, across()));
        index += 2;
      }));
  EXPECT_GT(failed, 0u) << "no allocation failed";
  EXPECT_CALL_DONE(cached.read(Caching::kDirect, across()));
}

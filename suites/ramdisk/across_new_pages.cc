// SPDX-License-Identifier: GPL-2.0-only
// A write of a page's size into two pages that a ramdisk does not have yet: what it does not write
// of them reads as zeros, and not as what somebody had in that memory before.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "guest/scenario/ramdisk.h"
#include "suites/ramdisk/cache_load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;

BSC_SCENARIO(ramdisk, across_new_pages, .summary = "new pages of a ramdisk show nobody's memory",
             .needs = {"module:brd"}, .probes = {"brd", "cache"},
             .oracles = {"reads_see_latest_write", "ramdisk_pages_add_up"},
             .witness = {"sector_content"}, .boot = {"init_on_alloc=0", "init_on_free=0"}) {
  constexpr std::size_t kUsed = 64 << 20;
  constexpr std::uint64_t kHalf = CachedDisk::kPageSectors / 2;
  // Memory that has been somebody's.
  void* used = ::mmap(nullptr, kUsed, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(used, MAP_FAILED);
  std::memset(used, 0x5a, kUsed);
  ::munmap(used, kUsed);
  const auto disk = BSC_SETUP(ramdisk(w, 3));
  CachedDisk cached = open_cached(w, disk, 1);
  for (std::uint64_t number = 0; number < 64; number += 2) {
    const Extent across{page(number).first + kHalf, CachedDisk::kPageSectors};
    EXPECT_CALL_DONE(cached.write(Caching::kDirect, across));
    EXPECT_CALL_DONE(cached.read(Caching::kDirect, across));
    for (const std::uint64_t first : {page(number).first, page(number + 1).first + kHalf}) {
      const auto rest = BSC_SETUP(read_sectors(disk, {first, kHalf}));
      EXPECT_TRUE(
          std::ranges::all_of(rest.all(), [](std::byte byte) { return byte == std::byte{}; }))
          << "sectors from " << first << " were never written and are not zeros";
    }
  }
}

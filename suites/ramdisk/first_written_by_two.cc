// SPDX-License-Identifier: GPL-2.0-only
// Two vCPUs write to a page of a ramdisk that is not there yet, each half of its sectors, past the
// cache. One page is put in for both, and has what both wrote; who comes too late with his frees
// it.
#include <gtest/gtest.h>

#include <barrier>
#include <chrono>
#include <thread>

#include "guest/scenario/ramdisk.h"
#include "suites/ramdisk/cache_load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;

BSC_SCENARIO(ramdisk, first_written_by_two,
             .summary = "a page of a ramdisk that two write to first has what both wrote",
             .needs = {"module:brd", "cpus:2"}, .probes = {"brd", "brd_pages", "cache"},
             .oracles = {"reads_see_latest_write", "ramdisk_pages_add_up",
                         "rejected_page_is_freed"},
             .witness = {"write_beside_write", "page_rejected", "sector_content"},
             .faults = {{.name = "the first writer has a page and does not put it in yet",
                         .kind = "delay",
                         .at = {.hook = "exit:__alloc_pages|__alloc_pages_noprof",
                                .where = {.task = "bsc/0"}},
                         .count = 200,
                         .delay_us = 3000,
                         .planned = true}},
             .budget_seconds = 30) {
  constexpr std::uint64_t kHalf = CachedDisk::kPageSectors / 2;
  constexpr std::chrono::microseconds kBehind{400};  // the second comes while the first is inside
  const unsigned pages = w.at_length(60U, 600U);
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  std::barrier together(2);
  w.on_every_cpu([&](unsigned cpu) {
    if (cpu > 1) return;
    CachedDisk cached = open_cached(w, disk, cpu + 1);
    for (unsigned number = 0; number < pages; ++number) {
      const Extent whole = page(number);
      together.arrive_and_wait();
      if (cpu == 1) std::this_thread::sleep_for(kBehind);
      EXPECT_CALL_DONE(cached.write(Caching::kDirect, {whole.first + cpu * kHalf, kHalf}));
      together.arrive_and_wait();
      EXPECT_CALL_DONE(cached.read(Caching::kDirect, whole));
    }
  });
}

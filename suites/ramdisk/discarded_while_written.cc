// SPDX-License-Identifier: GPL-2.0-only
// One vCPU discards the page of a ramdisk that another writes to, past the cache both. A write
// first puts its page in and then looks it up again to copy to it.
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>

#include "guest/scenario/ramdisk.h"
#include "suites/ramdisk/cache_load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;

BSC_SCENARIO(ramdisk, discarded_while_written,
             .summary = "a ramdisk takes a discard and a write of one page at the same time",
             .needs = {"module:brd", "cpus:2"}, .probes = {"cache"},
             .oracles = {"reads_see_latest_write", "writeback_ends_once"},
             .witness = {"discard_beside_write"}, .budget_seconds = 30) {
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  {
    CachedDisk cached = open_cached(w, disk, 9);
    if (cached.discard(page(0)) == -EOPNOTSUPP) GTEST_SKIP() << "this brd takes no discard";
  }
  std::atomic<bool> done{false};
  w.on_every_cpu([&](unsigned cpu) {
    CachedDisk cached = open_cached(w, disk, cpu + 1);
    const struct SetAtEnd {
      std::atomic<bool>& flag;
      ~SetAtEnd() { flag = true; }
    } end{done};
    for (unsigned round = 0; round < w.at_length(4000u, 40000u) && !done; ++round)
      EXPECT_CALL_DONE(cpu == 0 ? cached.write(Caching::kDirect, page(0))
                                : cached.discard(page(0)));
  });
  CachedDisk cached = open_cached(w, disk, 9);
  EXPECT_CALL_DONE(cached.write(Caching::kDirect, page(0)));
  EXPECT_CALL_DONE(cached.read(Caching::kDirect, page(0)));
  EXPECT_CALL_DONE(cached.read(Caching::kBuffered, page(0)));
}

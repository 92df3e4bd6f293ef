// SPDX-License-Identifier: GPL-2.0-only
// The block size of a disk changes while others read and write it: its whole page cache is written
// back and thrown away each time.
#include <gtest/gtest.h>

#include "guest/scenario/ramdisk.h"
#include "suites/ramdisk/cache_load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;

BSC_SCENARIO(ramdisk, block_size_changes,
             .summary = "BLKBSZSET loses nothing and leaves nothing old in the cache",
             .needs = {"module:brd", "cpus:2"}, .probes = {"brd", "cache"},
             .oracles = {"reads_see_latest_write", "cache_follows_device", "flush_reaches_device",
                         "ramdisk_pages_add_up", "writeback_ends_once"},
             .witness = {"cache_refilled", "read_beside_write", "page_written_back",
                         "sector_content"}) {
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  int bytes = 4096;
  cache_load(w, disk, {.pages = 32, .requests = w.at_length(250u, 2500u)}, [&](CachedDisk& cached) {
    bytes = bytes == 512 ? 4096 : bytes / 2;
    EXPECT_CALL_DONE(cached.block_size(bytes));
  });
  CachedDisk cached = open_cached(w, disk, 9);
  EXPECT_CALL_DONE(cached.block_size(4096));
  read_back(cached, 32);
}

// SPDX-License-Identifier: GPL-2.0-only
// BLKFLSBUF again and again while every vCPU reads and writes both ways.
#include <gtest/gtest.h>

#include "guest/scenario/ramdisk.h"
#include "suites/ramdisk/cache_load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;

BSC_SCENARIO(ramdisk, flush_loaded,
             .summary = "BLKFLSBUF under load loses nothing that was written before or meanwhile",
             .needs = {"module:brd", "cpus:2"}, .probes = {"brd", "cache"},
             .oracles = {"reads_see_latest_write", "cache_follows_device", "flush_reaches_device",
                         "ramdisk_pages_add_up", "writeback_ends_once"},
             .witness = {"buffers_flushed", "cache_dropped", "flush_beside_write", "cache_refilled",
                         "sector_content"}) {
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  cache_load(w, disk, {.pages = 48, .requests = w.at_length(300u, 3000u), .direct_writes = false},
             [](CachedDisk& cached) { EXPECT_CALL_DONE(cached.flush_buffers()); });
}

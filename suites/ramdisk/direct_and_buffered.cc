// SPDX-License-Identifier: GPL-2.0-only
// Readers and writers through the page cache and past it at once, on one ramdisk.
#include <gtest/gtest.h>

#include "guest/scenario/ramdisk.h"
#include "suites/ramdisk/cache_load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;

BSC_SCENARIO(ramdisk, direct_and_buffered,
             .summary = "both ways to a ramdisk give what was written last, whichever way",
             .needs = {"module:brd", "cpus:2"}, .probes = {"brd", "cache"},
             .oracles = {"reads_see_latest_write", "cache_follows_device", "flush_reaches_device",
                         "ramdisk_pages_add_up", "writeback_ends_once"},
             .witness = {"read_beside_write", "cache_passed_by", "page_written_back",
                         "sector_content"}) {
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  cache_load(w, disk, {.pages = 64, .requests = w.at_length(300u, 3000u)});
}

// SPDX-License-Identifier: GPL-2.0-only
// The load of this suite on null_blk, which completes from a timer.
#include <gtest/gtest.h>

#include "guest/scenario/null_block.h"
#include "suites/ramdisk/cache_load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;

BSC_SCENARIO(ramdisk, on_null_block,
             .summary = "both ways to a null disk with memory give what was written last",
             .needs = {"module:null_blk", "cpus:2"}, .probes = {"cache"},
             .oracles = {"reads_see_latest_write", "cache_follows_device", "writeback_ends_once"},
             .witness = {"read_beside_write", "cache_passed_by", "cache_dropped",
                         "page_written_back", "sector_content"}) {
  const auto disk =
      BSC_SETUP(null_block(w, "cached", {.completion = NullBlockOptions::Completion::kTimer}));
  load_and_flush(w, disk);
}

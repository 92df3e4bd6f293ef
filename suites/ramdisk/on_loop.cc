// SPDX-License-Identifier: GPL-2.0-only
// The load of this suite on a loop disk, which completes from a worker.
#include <gtest/gtest.h>

#include "guest/scenario/loop.h"
#include "suites/ramdisk/cache_load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;

BSC_SCENARIO(ramdisk, on_loop, .summary = "both ways to a loop disk give what was written last",
             .needs = {"module:loop", "cpus:2"}, .probes = {"cache"},
             .oracles = {"reads_see_latest_write", "cache_follows_device", "writeback_ends_once"},
             .witness = {"read_beside_write", "cache_passed_by", "cache_dropped",
                         "page_written_back", "sector_content"},
             .shares_boot = true) {
  load_and_flush(w, BSC_SETUP(loop_disk(w, 8)));
}

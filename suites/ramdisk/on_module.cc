// SPDX-License-Identifier: GPL-2.0-only
// The load of this suite on the disk of a block driver that the user brings.
#include <gtest/gtest.h>

#include "guest/scenario/own_disk.h"
#include "suites/ramdisk/cache_load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;

BSC_SCENARIO(ramdisk, on_module,
             .summary = "both ways to the disk of --device-module give what was written last",
             .needs = {"option:device-module", "cpus:2"}, .probes = {"cache", "bio"},
             .oracles = {"reads_see_latest_write", "cache_follows_device", "writeback_ends_once",
                         "bio_lifetime", "completes_once", "bio_completes"},
             .witness = {"read_beside_write", "cache_passed_by", "cache_dropped",
                         "page_written_back", "sector_content"}) {
  load_and_flush(w, BSC_SETUP(own_disk(w, kFlushedPages * CachedDisk::kPageSectors)));
}

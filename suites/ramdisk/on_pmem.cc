// SPDX-License-Identifier: GPL-2.0-only
// The load of this suite on an NVDIMM.
#include <gtest/gtest.h>

#include "guest/scenario/nvdimm.h"
#include "suites/ramdisk/cache_load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;

BSC_SCENARIO(ramdisk, on_pmem, .summary = "both ways to a pmem disk give what was written last",
             .needs = {"nvdimm:16", "module:nfit", "module:nd_pmem", "cpus:2"}, .probes = {"cache"},
             .oracles = {"reads_see_latest_write", "cache_follows_device", "writeback_ends_once"},
             .witness = {"read_beside_write", "cache_passed_by", "cache_dropped",
                         "page_written_back", "sector_content"}) {
  load_and_flush(w, BSC_SETUP(pmem_disk(w)));
}

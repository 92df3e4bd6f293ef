// SPDX-License-Identifier: GPL-2.0-only
// The load of this suite on dm-linear over a ramdisk.
#include <gtest/gtest.h>

#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/ramdisk/cache_load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;

BSC_SCENARIO(ramdisk, on_linear,
             .summary = "both ways to a mapped ramdisk give what was written last",
             .needs = {"module:dm_mod", "module:brd", "cpus:2"}, .probes = {"cache"},
             .oracles = {"reads_see_latest_write", "cache_follows_device", "writeback_ends_once"},
             .witness = {"read_beside_write", "cache_passed_by", "cache_dropped",
                         "page_written_back", "sector_content"}) {
  const auto lower = BSC_SETUP(ramdisk(w, 0));
  const auto device = BSC_SETUP(MappedDevice::create(w, "cached", {linear(lower)}));
  load_and_flush(w, device->disk());
}

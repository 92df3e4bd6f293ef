// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/ramdisk.h"

using namespace bioscope::scenario;

BSC_SCENARIO(meta, fault_never_fires, .summary = "a planned fault that never fires shows nothing",
             .needs = {"module:brd"},
             .faults = {{.name = "too_late",
                         .kind = "delay",
                         .at = {.hook = "entry:bio_endio"},
                         .hit = 1'000'000'000,
                         .delay_us = 100,
                         .planned = true}},
             .expect = "INCONCLUSIVE") {
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  BSC_SETUP(read_sectors(disk, {0, 8}));
}

// SPDX-License-Identifier: GPL-2.0-only
// No kernel has the function. The other fault fires, and the trial shows nothing all the same.
#include "guest/scenario/ramdisk.h"

using namespace bioscope::scenario;

BSC_SCENARIO(meta, fault_unarmed, .summary = "a planned fault that cannot be armed shows nothing",
             .needs = {"module:brd"},
             .faults = {{.name = "nowhere",
                         .kind = "delay",
                         .at = {.hook = "entry:bioscope_no_such_function"},
                         .delay_us = 100,
                         .planned = true},
                        {.name = "somewhere",
                         .kind = "delay",
                         .at = {.hook = "entry:bio_endio"},
                         .delay_us = 100,
                         .planned = true}},
             .expect = "INCONCLUSIVE") {
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  BSC_SETUP(read_sectors(disk, {0, 8}));
}

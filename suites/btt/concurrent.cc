// SPDX-License-Identifier: GPL-2.0-only
// Checked reads and writes of every vCPU at once, each on a part of its own: what a table does for
// a write, it does step by step, whatever the others do.
#include <gtest/gtest.h>

#include "guest/scenario/btt.h"
#include "suites/btt/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(btt, concurrent, .summary = "writes of all vCPUs go through a table step by step",
             .needs = {BSC_BTT_NEEDS, "cpus:2"}, .probes = {"btt", "nd", "disk"},
             .oracles = {BSC_BTT_ORACLES}, .witness = {"writers_overlap"},
             .faults = {{.name = "one vCPU is slow",
                         .kind = "delay",
                         .at = {.hook = "entry:btt_map_read", .where = {.task = "bsc/0"}},
                         .hit = 5,
                         .count = 60,
                         .delay_us = 3000,
                         .planned = true}},
             .budget_seconds = 40) {
  const auto space = BSC_SETUP(BttNamespace::find(w));
  const auto disk = BSC_SETUP(space->attach(4096));
  on_every_cpu(w, disk, {.blocks = 32, .requests = w.at_length(150u, 3000u)});
}

// SPDX-License-Identifier: GPL-2.0-only
// Two NVDIMMs with a table each, of different sector sizes, under I/O from every vCPU at once:
// their lanes bear the same numbers and have nothing to do with each other.
#include <gtest/gtest.h>

#include <atomic>

#include "suites/btt/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(btt, two_regions, .summary = "tables of two NVDIMMs do not disturb each other",
             .needs = {BSC_BTT_NEEDS, "nvdimm:32", "cpus:2"}, .probes = {"btt", "nd", "disk"},
             .oracles = {BSC_BTT_ORACLES}, .witness = {"regions_overlap"},
             .faults = {{.name = "one vCPU is slow",
                         .kind = "delay",
                         .at = {.hook = "entry:btt_map_read", .where = {.task = "bsc/0"}},
                         .hit = 5,
                         .count = 60,
                         .delay_us = 3000,
                         .planned = true}},
             .budget_seconds = 40) {
  const auto first = BSC_SETUP(BttNamespace::find(w, 0));
  const auto second = BSC_SETUP(BttNamespace::find(w, 1));
  const auto one = BSC_SETUP(first->attach(512));
  const auto other = BSC_SETUP(second->attach(4096));
  std::atomic<bool> done{false};  // the slow one; the others go on until then
  w.on_every_cpu([&](unsigned cpu) {
    const struct SetAtEnd {
      std::atomic<bool>* flag;
      ~SetAtEnd() {
        if (flag != nullptr) *flag = true;
      }
    } end{cpu == 0 ? &done : nullptr};
    const auto& disk = cpu % 2 == 0 ? one : other;
    const Traffic traffic{.blocks = 24, .requests = w.at_length(60U, 2000U)};
    Stream stream = open_stream(w, disk, cpu, w.cpus(), traffic);
    do BSC_SETUP(move(stream, traffic));
    while (cpu != 0 && !done);
    check(stream);
  });
}

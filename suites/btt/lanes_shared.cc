// SPDX-License-Identifier: GPL-2.0-only
// Several writers of each vCPU. A lane belongs to a vCPU, so they wait for each other; on a kernel
// that may take one away in the middle of a write, they would meet in it.
#include <gtest/gtest.h>

#include <thread>

#include "suites/btt/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(btt, lanes_shared,
             .summary = "writers of one vCPU take turns with its lane, wherever they are preempted",
             .needs = {BSC_BTT_NEEDS, "cpus:2"}, .probes = {"btt", "nd", "disk"},
             .oracles = {BSC_BTT_ORACLES}, .witness = {"lane_waited", "writers_overlap"},
             .boot = {"preempt=full"},
             .faults = {{.name = "somebody stays in his lane",
                         .kind = "delay",
                         .at = {.hook = "entry:btt_map_read", .where = {.task = "bsc/*"}},
                         .hit = 60,
                         .count = 60,
                         .delay_us = 6000,
                         .planned = true}},
             .budget_seconds = 60) {
  constexpr unsigned kWriters = 3;  // of each vCPU
  const auto space = BSC_SETUP(BttNamespace::find(w));
  const auto disk = BSC_SETUP(space->attach(4096));
  w.on_every_cpu([&](unsigned cpu) {
    // Threads are born where their parent may run.
    std::vector<Stream> streams;
    for (unsigned index = 0; index < kWriters; ++index)
      streams.push_back(open_stream(w, disk, cpu * kWriters + index, w.cpus() * kWriters, {}));
    std::vector<std::string> failed(kWriters);
    {
      std::vector<std::jthread> writers;
      for (unsigned index = 0; index < kWriters; ++index)
        writers.emplace_back([&, index] {
          const Traffic traffic{.blocks = 16, .requests = w.at_length(60U, 1000U)};
          const bioscope::Status done = move(streams[index], traffic);
          if (!done) failed[index] = done.error().text();
        });
    }
    for (unsigned index = 0; index < kWriters; ++index) {
      EXPECT_EQ(failed[index], "");
      check(streams[index]);
    }
  });
}

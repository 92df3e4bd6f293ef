// SPDX-License-Identifier: GPL-2.0-only
// A region comes and goes: what it registers is added later, by the bus's own threads. In the end
// its table is found again, with what was written.
#include <gtest/gtest.h>

#include <algorithm>

#include "guest/scenario/attribute.h"
#include "suites/btt/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(
    btt, region_gone_while_scanned,
    .summary = "a region that goes while it is scanned leaves nothing behind and comes back",
    .needs = {BSC_BTT_NEEDS, "cpus:2"}, .probes = {"btt", "nd", "disk"},
    .oracles = {BSC_BTT_ORACLES}, .witness = {"removed_while_added"},
    .faults = {{.name = "the bus is slow",
                .kind = "delay",
                .at = {.hook = "entry:nd_async_device_register"},
                .hit = 1,
                .count = 40,
                .delay_us = 10000,
                .planned = true}},
    .budget_seconds = 60) {
  constexpr char kDriver[] = "/sys/bus/nd/drivers/nd_region/";
  const unsigned rounds = w.at_length(5U, 60U);
  const auto space = BSC_SETUP(BttNamespace::find(w));
  const auto disk = BSC_SETUP(space->attach(512));
  Stream stream = open_stream(w, disk, 0, 1, {.block = 512, .blocks = 8});
  BSC_SETUP(stream.run({.requests = 8}));
  check(stream);
  const auto before = BSC_SETUP(read_sectors(disk, {0, 8}));
  for (unsigned round = 0; round < rounds; ++round) {
    w.step(fmt::format("round {}", round));
    BSC_SETUP(write_attribute(fmt::format("{}unbind", kDriver), "region0"));
    BSC_SETUP(write_attribute(fmt::format("{}bind", kDriver), "region0"));
  }
  // Its namespace's own driver finds the table and makes a handle for it.
  const auto found = BSC_SETUP(find_disk(w.host(), disk.path));
  const auto after = BSC_SETUP(read_sectors(found, {0, 8}));
  EXPECT_TRUE(std::ranges::equal(before.all(), after.all())) << "the table holds something else";
  BSC_SETUP(space->found_again());
}

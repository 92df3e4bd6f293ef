// SPDX-License-Identifier: GPL-2.0-only
// The driver of a table, and then that of its whole region, comes and goes while the region's next
// handle, which the table made room for, waits to be added by the bus's own threads.
#include <gtest/gtest.h>

#include <algorithm>

#include "guest/scenario/attribute.h"
#include "suites/btt/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(
    btt, scan_raced,
    .summary = "handles that come late and handles that go do not get into each other's way",
    .needs = {BSC_BTT_NEEDS, "cpus:2"}, .probes = {"btt", "nd", "disk"},
    .oracles = {BSC_BTT_ORACLES}, .witness = {"removed_while_added"},
    .faults = {{.name = "the bus is slow",
                .kind = "delay",
                .at = {.hook = "entry:nd_async_device_register"},
                .hit = 1,
                .count = 24,
                .delay_us = 150000,
                .planned = true}},
    .budget_seconds = 60) {
  constexpr char kDriver[] = "/sys/bus/nd/drivers/nd_region/";
  constexpr unsigned kRounds = 3;
  const auto space = BSC_SETUP(BttNamespace::find(w));
  for (unsigned round = 0; round < kRounds; ++round) {
    w.step(fmt::format("round {}", round));
    auto disk = BSC_SETUP(space->attach(512));
    BSC_SETUP(space->unbind());
    BSC_COMES_BACK(disk, space->bind());
    BSC_SETUP(space->give_back());
    BSC_COMES_BACK(disk, space->attach(512));
    BSC_SETUP(write_attribute(fmt::format("{}unbind", kDriver), "region0"));
    BSC_SETUP(write_attribute(fmt::format("{}bind", kDriver), "region0"));
    disk = BSC_SETUP(find_disk(w.host(), disk.path));
    BSC_SETUP(space->found_again());
    Stream stream = open_stream(w, disk, 0, 1, {.block = 512, .blocks = 8});
    BSC_SETUP(stream.run({.requests = 8}));
    BSC_SETUP(stream.read_back());
    check(stream);
    BSC_SETUP(space->give_back());
  }
}

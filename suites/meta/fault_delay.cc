// SPDX-License-Identifier: GPL-2.0-only
// The same read three times: before and after a function, each filter passes the bio of one of
// them.
#include <gtest/gtest.h>

#include <chrono>

#include "guest/scenario/cgroup.h"
#include "guest/scenario/ramdisk.h"

using namespace bioscope::scenario;
using namespace std::chrono_literals;

namespace {

std::chrono::nanoseconds time_of_a_read(const BlockDevice& disk) {
  const auto begin = std::chrono::steady_clock::now();
  BSC_SETUP(read_sectors(disk, {0, 8}));
  return std::chrono::steady_clock::now() - begin;
}

}  // namespace

BSC_SCENARIO(
    meta, fault_delay, .summary = "a planned delay holds up the call that it is planned for",
    .needs = {"module:brd", "config:BLK_CGROUP"}, .probes = {"bio"},
    .faults =
        {{.name = "second_read",
          .kind = "delay",
          .at = {.hook = "entry:bio_endio", .where = {.device = "ram0", .operation = "read"}},
          .hit = 2,
          .delay_us = 50'000,
          .planned = true},
         {.name = "other_disk",
          .kind = "delay",
          .at = {.hook = "exit:submit_bio_noacct", .where = {.device = "ram1*", .context = "task"}},
          .delay_us = 60'000,
          .planned = true},
         {.name = "other_group",
          .kind = "delay",
          .at = {.hook = "entry:submit_bio_noacct", .where = {.cgroup = "held", .device = "ram0"}},
          .delay_us = 70'000,
          .planned = true}},
    .expect = "PASS") {
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  const auto other = BSC_SETUP(ramdisk(w, 1));
  time_of_a_read(disk);
  EXPECT_GE(time_of_a_read(disk), 50ms);
  EXPECT_GE(time_of_a_read(other), 60ms);
  const auto group = BSC_SETUP(Cgroup::create(w, "held"));
  BSC_SETUP(group->adopt(0));
  EXPECT_GE(time_of_a_read(disk), 70ms);
}

// SPDX-License-Identifier: GPL-2.0-only
// Single bios fail below dm, which no table says beforehand: each is an error of its master, and of
// no other.
#include <gtest/gtest.h>

#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;

BSC_SCENARIO(dm, bios_fail, .summary = "a bio that fails below dm fails its master, and no other",
             .needs = {"module:dm_mod", "module:brd", "config:FUNCTION_ERROR_INJECTION"},
             .probes = {"bio", "dm", "completion"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "error_reaches_master", "remap_of_live_master", "pool_empty_at_exit"},
             .witness = {"bio_failed", "dm_clone_completed"},
             .faults = {{.name = "write",
                         .kind = "error",
                         .at = {.hook = "bio", .where = {.device = "ram0", .operation = "write"}},
                         .hit = 40,
                         .count = 3,
                         .planned = true},
                        {.name = "read",
                         .kind = "error",
                         .at = {.hook = "bio", .where = {.device = "ram0", .operation = "read"}},
                         .hit = 10,
                         .count = 2,
                         .planned = true}},
             .shares_boot = true) {
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "failing", {linear(BSC_SETUP(ramdisk(w, 0)))}));
  Stream stream = BSC_SETUP(Stream::open(w, device->disk(), {.extent = {0, 1024}}));
  BSC_SETUP(stream.run({.requests = 128}));
  BSC_SETUP(stream.read_back());
  ASSERT_EQ(stream.faults().size(), 5u) << "three writes and two reads";
  for (const std::string& fault : stream.faults())
    EXPECT_TRUE(fault.contains("Input/output error")) << fault;
}

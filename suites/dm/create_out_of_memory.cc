// SPDX-License-Identifier: GPL-2.0-only
// Makes a mapped device again and again while the first, the second, the third allocation fails:
// whatever dm has by then has to go, and the device is made once nothing fails any more.
#include <gtest/gtest.h>

#include "guest/fault/fail_nth.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;
using bioscope::fault::walk_fail_nth;

BSC_SCENARIO(dm, create_out_of_memory,
             .summary = "making a device fails cleanly whichever of its allocations does",
             .needs = {"module:dm_mod", "module:brd", "config:FAILSLAB", "config:FAIL_PAGE_ALLOC",
                       "cpus:2"},
             .probes = {"bio", "dm"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "remap_of_live_master", "pool_empty_at_exit"},
             .witness = {"dm_clone_completed"}, .budget_seconds = 40, .shares_boot = true) {
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  std::shared_ptr<MappedDevice> device;
  unsigned tries = 0;
  const unsigned failed = BSC_SETUP(walk_fail_nth(
      w,
      [&] {
        const auto made = MappedDevice::create(w, fmt::format("try{}", ++tries), {linear(disk)});
        if (made) device = *made;
      },
      [&] {
        if (device) BSC_SETUP(device->remove());
        device.reset();
      }));
  ASSERT_TRUE(device) << "no device after " << failed << " failures";
  EXPECT_GT(failed, 0u) << "no allocation failed";
  on_every_cpu(w, device->disk(), {.blocks = 16, .requests = 16});
}

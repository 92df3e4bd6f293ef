// SPDX-License-Identifier: GPL-2.0-only
// Makes a mapped device on two slaves again and again while the first, the second, the third
// allocation fails: among them are those of the links themselves. A pair whose link failed is not
// unlinked, and one that was linked before it is.
#include <gtest/gtest.h>

#include <algorithm>

#include "guest/fault/fail_nth.h"
#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/holder/sysfs.h"

using namespace bioscope::scenario;
using bioscope::fault::walk_fail_nth;

BSC_SCENARIO(holder, link_out_of_memory,
             .summary = "a link that fails is not unlinked, and those made before it are",
             .needs = {"module:dm_mod", "module:brd", "config:FAILSLAB", "config:FAIL_PAGE_ALLOC"},
             .probes = {"holder", "disk"},
             .oracles = {"holder_balance", "holder_within_claim", "slave_alive_when_linked",
                         "sysfs_shows_holders", "holder_calls_return", "failed_link_stays_unlinked",
                         "claims_add_up"},
             .witness = {"link_failed", "holders_shown"}, .budget_seconds = 40,
             .shares_boot = true) {
  const auto first = BSC_SETUP(ramdisk(w, 0));
  const auto second = BSC_SETUP(ramdisk(w, 1));
  const std::uint64_t half = std::min(first.sectors, second.sectors) / 2;
  const Table table = concatenate({linear(first, {0, half}), linear(second, {0, half})});
  std::shared_ptr<MappedDevice> device;
  unsigned tries = 0;
  const unsigned failed = BSC_SETUP(walk_fail_nth(
      w,
      [&] {
        const auto made = MappedDevice::create(w, fmt::format("try{}", ++tries), table);
        if (made) device = *made;
      },
      [&] {
        look_at_sysfs(w);
        if (device) BSC_SETUP(device->remove());
        device.reset();
      }));
  EXPECT_GT(failed, 0u) << "no allocation failed";
  look_at_sysfs(w);
}

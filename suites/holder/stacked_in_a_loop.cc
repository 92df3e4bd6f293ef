// SPDX-License-Identifier: GPL-2.0-only
// Tables that put a mapped device upon itself, or two upon each other, are loaded and dropped
// without ever being made live. Whether dm takes the first is up to the kernel; what it links, it
// unlinks.
#include <gtest/gtest.h>

#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/holder/sysfs.h"

using namespace bioscope::scenario;

BSC_SCENARIO(holder, stacked_in_a_loop,
             .summary =
                 "tables that put a device upon itself leave nothing behind when they are "
                 "dropped",
             .needs = {"module:dm_mod", "module:brd"}, .probes = {"holder", "disk"},
             .oracles = {"holder_balance", "holder_within_claim", "slave_alive_when_linked",
                         "sysfs_shows_holders", "holder_calls_return", "failed_link_stays_unlinked",
                         "claims_add_up"},
             .witness = {"linked_again", "slave_shared", "holders_shown"}, .shares_boot = true) {
  constexpr unsigned kRounds = 3;
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  const auto lower = BSC_SETUP(MappedDevice::create(w, "lower", {linear(disk)}));
  const auto upper = BSC_SETUP(MappedDevice::create(w, "upper", {linear(lower->disk())}));

  for (unsigned round = 0; round < kRounds; ++round) {
    w.step("upon itself");
    // Either is fine; a kernel that takes it has it claim and link itself.
    static_cast<void>(lower->load({linear(lower->disk())}));
    look_at_sysfs(w);
    BSC_SETUP(lower->clear());

    w.step("upon each other");
    const auto looped = lower->load({linear(upper->disk())});
    EXPECT_TRUE(looped) << looped.error().text();
    look_at_sysfs(w);
    BSC_SETUP(lower->clear());

    w.step("both upon the disk");
    BSC_SETUP(upper->load({linear(disk)}));
    look_at_sysfs(w);
    BSC_SETUP(upper->clear());
    look_at_sysfs(w);
  }
}

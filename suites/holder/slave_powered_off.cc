// SPDX-License-Identifier: GPL-2.0-only
// A disk is switched off under its holder, which lives on: the link in the holder's slaves/ leads
// nowhere and goes with the holder, and the disk, switched on again, is a new one that takes one.
#include <gtest/gtest.h>

#include "guest/scenario/attribute.h"
#include "guest/scenario/dm.h"
#include "guest/scenario/null_block.h"
#include "suites/holder/sysfs.h"

using namespace bioscope::scenario;

BSC_SCENARIO(holder, slave_powered_off,
             .summary = "a holder outlives its slave, and unlinks it all the same",
             .needs = {"module:dm_mod", "module:null_blk"}, .probes = {"holder", "disk"},
             .oracles = {"holder_balance", "holder_within_claim", "slave_alive_when_linked",
                         "sysfs_shows_holders", "holder_calls_return", "failed_link_stays_unlinked",
                         "claims_add_up"},
             .witness = {"slave_pulled_out", "holders_shown"}, .budget_seconds = 40,
             .shares_boot = true) {
  constexpr unsigned kRounds = 3;
  const auto disk = BSC_SETUP(null_block(w, "nullb_own"));
  const auto power = [](bool on) {
    return write_attribute("/sys/kernel/config/nullb/nullb_own/power", on ? "1" : "0");
  };
  for (unsigned round = 0; round < kRounds; ++round) {
    const auto now = BSC_SETUP(find_disk(w.host(), disk.path));
    const auto device =
        BSC_SETUP(MappedDevice::create(w, fmt::format("left{}", round), {linear(now)}));
    look_at_sysfs(w);
    w.step("off");
    BSC_SETUP(power(false));
    look_at_sysfs(w);
    EXPECT_FALSE(device->load({linear(now)}, {.read_only = true})) << "dm took a disk that is gone";
    BSC_SETUP(device->remove());
    look_at_sysfs(w);
    w.step("on");
    BSC_SETUP(power(true));
  }
}

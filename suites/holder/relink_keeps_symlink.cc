// SPDX-License-Identifier: GPL-2.0-only
// dm opens a slave once for each mode, and links it each time: with a read-only table loaded beside
// the live one the pair is linked twice. The links in sysfs stay until the last one is taken back,
// whichever of the two goes first.
#include <gtest/gtest.h>

#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/holder/sysfs.h"

using namespace bioscope::scenario;

BSC_SCENARIO(holder, relink_keeps_symlink,
             .summary = "dm links one pair twice, and the links in sysfs go with the second unlink",
             .needs = {"module:dm_mod", "module:brd"}, .probes = {"holder", "disk"},
             .oracles = {"holder_balance", "holder_within_claim", "slave_alive_when_linked",
                         "sysfs_shows_holders", "holder_calls_return", "failed_link_stays_unlinked",
                         "claims_add_up"},
             .witness = {"linked_twice", "holders_shown"}, .shares_boot = true) {
  constexpr unsigned kRounds = 4;
  const Table table{linear(BSC_SETUP(ramdisk(w, 0)))};
  const auto device = BSC_SETUP(MappedDevice::create(w, "relinked", table));
  look_at_sysfs(w);

  for (unsigned round = 0; round < kRounds; ++round) {
    w.step("a second link that goes first");
    BSC_SETUP(device->load(table, {.read_only = true}));
    look_at_sysfs(w);
    BSC_SETUP(device->clear());
    look_at_sysfs(w);

    w.step("a first link that goes first");
    BSC_SETUP(device->swap(table, {}, {.read_only = true}));
    look_at_sysfs(w);
    BSC_SETUP(device->swap(table));
    look_at_sysfs(w);
  }
  BSC_SETUP(device->remove());
  look_at_sysfs(w);
}

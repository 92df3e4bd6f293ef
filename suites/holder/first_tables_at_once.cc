// SPDX-License-Identifier: GPL-2.0-only
// Every vCPU loads a table of its own into a device that has none: one of them adds the disk and
// links what is open by then, the others link theirs by themselves. Each pair is linked once.
#include <gtest/gtest.h>

#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/holder/sysfs.h"

using namespace bioscope::scenario;

BSC_SCENARIO(holder, first_tables_at_once,
             .summary = "tables loaded at once into a new device link each slave once",
             .needs = {"module:dm_mod", "module:brd", "cpus:2"}, .probes = {"holder", "disk"},
             .oracles = {"holder_balance", "holder_within_claim", "slave_alive_when_linked",
                         "sysfs_shows_holders", "holder_calls_return", "failed_link_stays_unlinked",
                         "claims_add_up"},
             .witness = {"linked_again", "holders_shown"}) {
  constexpr unsigned kRounds = 8;
  std::vector<BlockDevice> disks;
  for (unsigned cpu = 0; cpu < w.cpus(); ++cpu) disks.push_back(BSC_SETUP(ramdisk(w, cpu)));
  const auto stays = BSC_SETUP(MappedDevice::create(w, "stays", {linear(disks[0])}));
  for (unsigned round = 0; round < kRounds; ++round) {
    const auto device = BSC_SETUP(MappedDevice::create_empty(w, fmt::format("new{}", round)));
    w.on_every_cpu([&](unsigned cpu) {
      const auto loaded = device->load({linear(disks[cpu])});
      EXPECT_TRUE(loaded) << loaded.error().text();
    });
    look_at_sysfs(w);
    BSC_SETUP(device->clear());
    BSC_SETUP(device->load({linear(disks[0])}));
    look_at_sysfs(w);
    BSC_SETUP(device->remove());
  }
  look_at_sysfs(w);
}

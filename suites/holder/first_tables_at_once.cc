// SPDX-License-Identifier: GPL-2.0-only
// The vCPUs load tables into a device that has none: a good one, with which its disk is added and
// what is open by then is linked, and others that open a slave of their own and fail after that.
// Who lets a slave go meanwhile unlinks it if it was linked, and only then.
#include <gtest/gtest.h>

#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/holder/sysfs.h"

using namespace bioscope::scenario;

BSC_SCENARIO(
    holder, first_tables_at_once,
    .summary = "a table that fails while another one adds its device's disk leaves no link",
    .needs = {"module:dm_mod", "module:brd", "cpus:2"}, .probes = {"holder", "disk"},
    .oracles = {"holder_balance", "holder_within_claim", "slave_alive_when_linked",
                "sysfs_shows_holders", "holder_calls_return", "failed_link_stays_unlinked",
                "claims_add_up"},
    .witness = {"linked_again", "holders_shown"}, .shares_boot = true) {
  constexpr unsigned kRounds = 8;
  constexpr std::uint64_t kSectors = 8;
  std::vector<BlockDevice> disks;
  for (unsigned cpu = 0; cpu < w.cpus(); ++cpu) disks.push_back(BSC_SETUP(ramdisk(w, cpu)));
  const auto stays = BSC_SETUP(MappedDevice::create(w, "stays", {linear(disks[0])}));
  for (unsigned round = 0; round < kRounds; ++round) {
    const auto device = BSC_SETUP(MappedDevice::create_empty(w, fmt::format("new{}", round)));
    w.on_every_cpu([&](unsigned cpu) {
      if (cpu == 0) {
        const auto loaded = device->load({linear(disks[0])});
        EXPECT_TRUE(loaded) << loaded.error().text();
        return;
      }
      const Target nowhere{.sectors = kSectors, .type = "linear", .parameters = "nowhere"};
      EXPECT_FALSE(device->load(concatenate({linear(disks[cpu], {0, kSectors}), nowhere})));
    });
    look_at_sysfs(w);
    BSC_SETUP(device->clear());
    BSC_SETUP(device->load({linear(disks[0])}));
    look_at_sysfs(w);
    BSC_SETUP(device->remove());
  }
  look_at_sysfs(w);
}

// SPDX-License-Identifier: GPL-2.0-only
// Every vCPU makes and removes mapped devices on the same disk, all of them claiming it as dm does:
// the disk's list of holders and its claims are what they share.
#include <gtest/gtest.h>

#include <span>

#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/holder/sysfs.h"

using namespace bioscope::scenario;

BSC_SCENARIO(holder, many_on_one_slave,
             .summary =
                 "dm devices that come and go on one disk at the same time keep its holders "
                 "and claims straight",
             .needs = {"module:dm_mod", "module:brd", "cpus:2"}, .probes = {"holder", "disk"},
             .oracles = {"holder_balance", "holder_within_claim", "slave_alive_when_linked",
                         "sysfs_shows_holders", "holder_calls_return", "failed_link_stays_unlinked",
                         "claims_add_up"},
             .witness = {"slave_shared", "holders_shown"}, .budget_seconds = 40,
             .shares_boot = true) {
  constexpr unsigned kRounds = 8;
  constexpr unsigned kDevices = 3;  // of each vCPU at a time
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  const auto stays = BSC_SETUP(MappedDevice::create(w, "stays", {linear(disk)}));
  // Named here; each gets its disk and its slave from its own vCPU.
  std::vector<std::vector<std::shared_ptr<MappedDevice>>> devices(w.cpus());
  for (unsigned cpu = 0; cpu < w.cpus(); ++cpu)
    for (unsigned number = 0; number < kRounds * kDevices; ++number)
      devices[cpu].push_back(
          BSC_SETUP(MappedDevice::create_empty(w, fmt::format("of{}.{}", cpu, number))));

  w.on_every_cpu([&](unsigned cpu) {
    for (unsigned first = 0; first < kRounds * kDevices; first += kDevices) {
      const auto mine = std::span(devices[cpu]).subspan(first, kDevices);
      for (const auto& device : mine) {
        const auto loaded = device->load({linear(disk)});
        EXPECT_TRUE(loaded) << loaded.error().text();
        BSC_SETUP(device->resume());
      }
      for (const auto& device : mine) BSC_SETUP(device->remove());
    }
  });
  look_at_sysfs(w);
}

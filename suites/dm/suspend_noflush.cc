// SPDX-License-Identifier: GPL-2.0-only
// A mirror whose second leg fails holds the writes until it is reconfigured. A suspend that does
// not flush makes it push them back; dm keeps them, parts of split bios in bios of their own, and
// sends them to the next table.
#include <gtest/gtest.h>

#include <thread>

#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;

BSC_SCENARIO(dm, suspend_noflush,
             .summary =
                 "bios that a target pushes back during a noflush suspend go to the next "
                 "table, whole and once",
             .needs = {"module:dm_mod", "module:dm_mirror", "module:brd", "cpus:2"},
             .probes = {"bio", "dm", "completion"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "error_reaches_master", "remap_of_live_master", "suspended_is_idle",
                         "pool_empty_at_exit"},
             .witness = {"pushed_back", "rest_pushed_back", "dm_clone_completed"},
             .shares_boot = true) {
  constexpr std::uint64_t kRegionSectors = 16;
  constexpr Traffic kTraffic{.block = 65536, .blocks = 24, .depth = 4};
  const auto good = BSC_SETUP(ramdisk(w, 0));
  const auto ram = BSC_SETUP(ramdisk(w, 1));
  // The leg fails where no vCPU starts to write.
  const std::uint64_t half = share_of(ram, 0, w.cpus()).sectors;
  const auto leg = BSC_SETUP(MappedDevice::create(
      w, "leg",
      concatenate({linear(ram, {0, 1024}), error(8), linear(ram, {1032, half - 1032}),
                   linear(ram, {half, 1024}), error(8),
                   linear(ram, {half + 1032, ram.sectors - half - 1032})})));
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "mirror", {mirror({good, leg->disk()}, kRegionSectors)}));

  const std::jthread reconfigure([&] {
    // 'D': a leg to which a write has failed.
    wait_until(kDeviceLimit, [&] {
      const auto status = device->status();
      return status && status->front().parameters.contains('D');
    });
    const auto swapped = device->swap({linear(good)}, {.noflush = true, .skip_lockfs = true});
    EXPECT_TRUE(swapped) << swapped.error().text();
  });
  w.on_every_cpu([&](unsigned cpu) {
    Stream stream = open_stream(w, device->disk(), cpu, kTraffic);
    BSC_SETUP(stream.run({.requests = kTraffic.blocks}));
    BSC_SETUP(stream.run({.requests = 32, .read_percent = 50, .random = true}));
    BSC_SETUP(stream.read_back());
    check(stream);
  });
}

// SPDX-License-Identifier: GPL-2.0-only
// A thin device whose pool is full keeps what is written to it, split into blocks, until there is
// room. A suspend that does not flush makes it push all of it back before anything was written, and
// the next table, which has room, gets every part: one that came twice leaves a hole where another
// was.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm;

BSC_SCENARIO(dm, push_back_unwritten,
             .summary =
                 "every part of a bio that a full pool pushes back is written by the next "
                 "table",
             .needs = {"module:dm_mod", "module:dm_thin_pool", "module:crc32c_generic",
                       "module:brd", "cpus:2"},
             .probes = {"bio", "dm", "completion"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "error_reaches_master", "remap_of_live_master", "suspended_is_idle",
                         "pool_empty_at_exit"},
             .witness = {"pushed_back", "rest_pushed_back", "dm_clone_completed"},
             .shares_boot = true) {
  constexpr std::uint64_t kBlockSectors = 128;
  constexpr std::uint64_t kPoolBlocks = 4;
  constexpr std::uint64_t kThinSectors = 8192;
  constexpr std::uint64_t kSuperblockSectors = 8;
  constexpr std::uint32_t kRequestBytes = 4 * kBlockSectors * kSectorBytes;
  constexpr Traffic kTraffic{.block = kRequestBytes, .blocks = 4, .depth = 4};
  const auto metadata = BSC_SETUP(ramdisk(w, 0));
  const auto ram = BSC_SETUP(ramdisk(w, 1));
  const auto roomy = BSC_SETUP(ramdisk(w, 2));
  BSC_SETUP(zero_out(BSC_SETUP(open_disk(metadata)), {0, kSuperblockSectors}));
  const auto data =
      BSC_SETUP(MappedDevice::create(w, "data", {linear(ram, {0, kPoolBlocks * kBlockSectors})}));
  const auto pool = BSC_SETUP(
      MappedDevice::create(w, "pool", {thin_pool(metadata, data->disk(), kBlockSectors)}));
  BSC_SETUP(pool->message(0, "create_thin 0"));
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "thin", {thin(pool->disk(), 0, kThinSectors)}));

  w.step("fill the pool");
  BSC_SETUP(zero_out(BSC_SETUP(open_disk(device->disk())),
                     {kThinSectors - kPoolBlocks * kBlockSectors, kPoolBlocks * kBlockSectors}));

  w.step("write more");
  const std::jthread swapper([&] {
    const bool full = wait_until(kDeviceLimit, [&] {
      const auto status = pool->status();
      return status && status->front().parameters.contains("out_of_data_space");
    });
    EXPECT_TRUE(full) << "the pool has room for what it has no room for";
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // for what else is on its way
    const auto swapped =
        device->swap({linear(roomy, {0, kThinSectors})}, {.noflush = true, .skip_lockfs = true});
    EXPECT_TRUE(swapped) << swapped.error().text();
  });
  w.on_every_cpu([&](unsigned cpu) {
    Stream stream = open_stream(w, device->disk(), cpu, kTraffic);
    BSC_SETUP(stream.run({.requests = kTraffic.blocks}));
    BSC_SETUP(stream.read_back());
    check(stream);
  });
}

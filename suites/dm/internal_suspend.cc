// SPDX-License-Identifier: GPL-2.0-only
// Suspending a thin pool suspends the devices that have thin targets, inside the kernel and without
// a word to user space. Every target of such a device hears of it, and must hear of the resume as
// well: an origin that was not told goes on without saving what its snapshot still needs.
#include <gtest/gtest.h>

#include "guest/scenario/null_block.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm;

BSC_SCENARIO(dm, internal_suspend,
             .summary = "targets of a device that a thin pool suspends are resumed with it",
             .needs = {"module:dm_mod", "module:dm_snapshot", "module:dm_thin_pool",
                       "module:crc32c_generic", "module:brd", "module:null_blk", "cpus:2"},
             .probes = {"bio", "dm"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "remap_of_live_master", "suspended_is_idle", "pool_empty_at_exit"},
             .witness = {"dm_clone_completed"}, .shares_boot = true) {
  constexpr std::uint64_t kBlockSectors = 128;
  constexpr std::uint64_t kThinSectors = 4096;
  constexpr std::uint64_t kChunkSectors = 16;
  constexpr std::uint64_t kHeaderSectors = 1024;  // where data of an earlier trial may be seen
  constexpr unsigned kBlocks = 48;
  const auto metadata = BSC_SETUP(ramdisk(w, 0));
  const auto store = BSC_SETUP(ramdisk(w, 1));
  const auto disk = BSC_SETUP(ramdisk(w, 2));
  for (const BlockDevice& used : {metadata, store})
    BSC_SETUP(zero_out(BSC_SETUP(open_disk(used)), {0, kHeaderSectors}));
  const auto data = BSC_SETUP(null_block(w, "nullb_own"));
  const auto pool =
      BSC_SETUP(MappedDevice::create(w, "pool", {thin_pool(metadata, data, kBlockSectors)}));
  BSC_SETUP(pool->message(0, "create_thin 0"));
  const auto device = BSC_SETUP(MappedDevice::create(
      w, "origin_and_thin",
      concatenate({snapshot_origin(disk), thin(pool->disk(), 0, kThinSectors)})));

  Stream stream = BSC_SETUP(Stream::open(
      w, device->disk(), {.extent = {0, std::uint64_t{kBlocks} * 8}, .depth = 4, .writer = 1}));
  BSC_SETUP(stream.run({.requests = kBlocks}));
  w.step("snapshot");
  BSC_SETUP(device->suspend());
  const auto taken =
      BSC_SETUP(MappedDevice::create(w, "snapshot", {snapshot(disk, store, kChunkSectors)}));
  BSC_SETUP(device->resume());
  const auto before = BSC_SETUP(read_sectors(taken->disk(), {0, std::uint64_t{kBlocks} * 8}));

  w.step("suspend the pool");
  const auto suspended = pool->suspend();
  ASSERT_TRUE(suspended) << suspended.error().text();
  const auto resumed = pool->resume();
  ASSERT_TRUE(resumed) << resumed.error().text();

  w.step("write the origin");
  BSC_SETUP(stream.run({.requests = kBlocks}));
  BSC_SETUP(stream.read_back());
  check(stream);
  const auto after = BSC_SETUP(read_sectors(taken->disk(), {0, std::uint64_t{kBlocks} * 8}));
  EXPECT_TRUE(std::ranges::equal(before.all(), after.all()))
      << "the snapshot shows what was written to its origin later";
}

// SPDX-License-Identifier: GPL-2.0-only
// A thin device takes blocks from its pool when they are first written; until a block is there, the
// clones that need it wait in the target and are sent by the pool's worker.
#include "guest/scenario/null_block.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;

BSC_SCENARIO(dm, thin_provisioned,
             .summary =
                 "bios that wait for a new block of a thin pool are sent once, and read back "
                 "what was written",
             .needs = {"module:dm_mod", "module:dm_thin_pool", "module:crc32c_generic",
                       "module:brd", "module:null_blk", "cpus:2"},
             .probes = {"bio", "dm"},
             .oracles = {"flush_covers_writes", "fua_goes_down", "bio_lifetime", "completes_once",
                         "clone_before_master", "bio_completes", "remap_of_live_master",
                         "pool_empty_at_exit"},
             .witness = {"sent_later", "overlap_on_two_cpus", "dm_clone_completed", "fua_sent"},
             .shares_boot = true) {
  constexpr std::uint64_t kBlockSectors = 128;
  constexpr std::uint64_t kThinSectors = 16384;
  constexpr std::uint64_t kSuperblockSectors = 8;
  const auto metadata = BSC_SETUP(ramdisk(w, 0));
  BSC_SETUP(zero_out(BSC_SETUP(open_disk(metadata)), {0, kSuperblockSectors}));
  const auto data = BSC_SETUP(null_block(
      w, "nullb_own", {.completion = NullBlockOptions::Completion::kSoftirq, .cache = true}));
  const auto pool =
      BSC_SETUP(MappedDevice::create(w, "pool", {thin_pool(metadata, data, kBlockSectors)}));
  BSC_SETUP(pool->message(0, "create_thin 0"));
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "thin", {thin(pool->disk(), 0, kThinSectors)}));
  on_every_cpu(w, device->disk(), {.block = 16384, .blocks = 64, .depth = 8, .requests = 96});
}

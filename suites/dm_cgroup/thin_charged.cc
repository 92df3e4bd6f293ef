// SPDX-License-Identifier: GPL-2.0-only
// What needs a new block of a thin pool waits for the pool's worker, which sends it. The pool's own
// I/O, its metadata and the zeroes of new blocks, is nobody's and not judged.
#include "guest/scenario/dm.h"
#include "guest/scenario/null_block.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm_cgroup/load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm_cgroup;

BSC_SCENARIO(dm_cgroup, thin_charged,
             .summary = "what waits for a block of a thin pool is charged to the group that asked",
             .needs = {"module:dm_mod", "module:dm_thin_pool", "module:crc32c_generic",
                       "module:brd", "module:null_blk", "config:BLK_CGROUP", "cpus:2"},
             .probes = {"bio", "dm", "blkcg", "css"},
             .oracles = {"charged_to_submitter", "association_of_live_source", "blkg_life_in_order",
                         "css_life_in_order", "remap_of_live_master"},
             .witness = {"charged_by_another_task", "sent_later", "group_freed"},
             .boot = {kNoMemoryController}, .shares_boot = true) {
  constexpr std::uint64_t kBlockSectors = 128;
  constexpr std::uint64_t kThinSectors = 16384;
  constexpr std::uint64_t kSuperblockSectors = 8;
  count_groups(w);
  const auto metadata = BSC_SETUP(ramdisk(w, 0));
  BSC_SETUP(zero_out(BSC_SETUP(open_disk(metadata)), {0, kSuperblockSectors}));
  const auto data = BSC_SETUP(null_block(w, "nullb_own", {.cache = true}));
  const auto pool =
      BSC_SETUP(MappedDevice::create(w, "pool", {thin_pool(metadata, data, kBlockSectors)}));
  BSC_SETUP(pool->message(0, "create_thin 0"));
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "thin", {thin(pool->disk(), 0, kThinSectors)}));
  expect_charged(w, device->disk(), {device->disk(), data}, {.block = 16384, .blocks = 32});
}

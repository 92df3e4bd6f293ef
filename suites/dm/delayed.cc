// SPDX-License-Identifier: GPL-2.0-only
// dm-delay keeps every clone for a while and sends it from a worker, long after the submission that
// brought it has returned. The disk below completes from a timer's interrupt.
#include "guest/scenario/null_block.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;

BSC_SCENARIO(dm, delayed,
             .summary =
                 "clones that a target sends later, from a task of its own, still serve "
                 "their masters and complete before them",
             .needs = {"module:dm_mod", "module:dm_delay", "module:null_blk", "cpus:2"},
             .probes = {"bio", "dm"},
             .oracles = {"flush_covers_writes", "fua_goes_down", "bio_lifetime", "completes_once",
                         "clone_before_master", "bio_completes", "remap_of_live_master",
                         "pool_empty_at_exit"},
             .witness = {"sent_later", "overlap_on_two_cpus", "dm_clone_completed", "fua_sent"},
             .shares_boot = true) {
  constexpr unsigned kMilliseconds = 3;
  const auto disk = BSC_SETUP(null_block(
      w, "nullb_own", {.completion = NullBlockOptions::Completion::kTimer, .cache = true}));
  const auto device = BSC_SETUP(MappedDevice::create(w, "delayed", {delay(disk, kMilliseconds)}));
  on_every_cpu(w, device->disk(), {.blocks = 64, .depth = 16, .requests = 128});
}

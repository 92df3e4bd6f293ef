// SPDX-License-Identifier: GPL-2.0-only
// On a disk whose flushes and writes complete later, from an interrupt.
#include "suites/dm/flush_traffic.h"

using namespace bioscope::scenario;

BSC_SCENARIO(dm, flush_with_data,
             .summary =
                 "a bio with flush and data is mapped twice and completes once, on a disk "
                 "that completes from interrupts",
             .needs = {"module:dm_mod", "module:dm_snapshot", "module:brd", "module:virtio_blk",
                       "cpus:2", "disk:64"},
             .probes = {"bio", "dm"},
             .oracles = {"flush_covers_writes", "fua_goes_down", "bio_lifetime", "completes_once",
                         "clone_before_master", "bio_completes", "remap_of_live_master",
                         "pool_empty_at_exit"},
             .witness = {"flush_then_data", "dm_clone_completed", "fua_sent"},
             .shares_boot = true) {
  bioscope_suite_dm::commit_exceptions(w, BSC_SETUP(find_disk(w.host(), "/dev/vda")));
}

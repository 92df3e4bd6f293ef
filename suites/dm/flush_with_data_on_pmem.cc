// SPDX-License-Identifier: GPL-2.0-only
// On pmem, where flush and write are over before the submission returns.
#include "guest/scenario/nvdimm.h"
#include "suites/dm/flush_traffic.h"

using namespace bioscope::scenario;

BSC_SCENARIO(dm, flush_with_data_on_pmem,
             .summary =
                 "a bio with flush and data is mapped twice and completes once, on a disk "
                 "that completes at once",
             .needs = {"module:dm_mod", "module:dm_snapshot", "module:brd", "module:nfit",
                       "module:nd_pmem", "cpus:2", "nvdimm:16"},
             .probes = {"bio", "dm"},
             .oracles = {"flush_covers_writes", "fua_goes_down", "bio_lifetime", "completes_once",
                         "clone_before_master", "bio_completes", "remap_of_live_master",
                         "pool_empty_at_exit"},
             .witness = {"flush_then_data", "dm_clone_completed", "fua_sent"},
             .shares_boot = true) {
  bioscope_suite_dm::commit_exceptions(w, BSC_SETUP(pmem_disk(w)));
}

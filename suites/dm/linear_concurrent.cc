// SPDX-License-Identifier: GPL-2.0-only
// Two linear devices, one on memory that completes a bio while it is submitted and one on pmem,
// under I/O from all vCPUs.
#include "guest/scenario/nvdimm.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;

BSC_SCENARIO(dm, linear_concurrent,
             .summary =
                 "clones of dm-linear on brd and on pmem live and complete in order while "
                 "every vCPU reads and writes",
             .needs = {"module:dm_mod", "module:brd", "module:nfit", "module:nd_pmem", "cpus:2",
                       "nvdimm:16"},
             .probes = {"bio", "dm"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "remap_of_live_master", "pool_empty_at_exit"},
             .witness = {"overlap_on_two_cpus", "dm_clone_completed"},
             .faults = {{.name = "late_map",
                         .kind = "delay",
                         .at = {.hook = "entry:__map_bio"},
                         .hit = 500,
                         .count = 4,
                         .delay_us = 20'000},
                        {.name = "late_clone",
                         .kind = "delay",
                         .at = {.hook = "entry:clone_endio"},
                         .hit = 500,
                         .count = 4,
                         .delay_us = 20'000},
                        {.name = "late_return",
                         .kind = "delay",
                         .at = {.hook = "exit:submit_bio_noacct", .where = {.device = "dm-*"}},
                         .hit = 500,
                         .count = 4,
                         .delay_us = 20'000},
                        {.name = "one_after_the_other",
                         .kind = "rendezvous",
                         .at = {.hook = "entry:clone_endio", .where = {.task = "bsc/0"}},
                         .until = {.hook = "entry:clone_endio", .where = {.task = "bsc/1"}},
                         .hit = 250,
                         .count = 4,
                         .delay_us = 50'000}},
             .shares_boot = true) {
  const auto on_ram =
      BSC_SETUP(MappedDevice::create(w, "linear_on_ram", {linear(BSC_SETUP(ramdisk(w, 0)))}));
  const auto on_pmem =
      BSC_SETUP(MappedDevice::create(w, "linear_on_pmem", {linear(BSC_SETUP(pmem_disk(w)))}));

  w.step("brd");
  on_every_cpu(w, on_ram->disk());
  w.step("pmem");
  on_every_cpu(w, on_pmem->disk());
}

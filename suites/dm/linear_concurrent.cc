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
             .witness = {"overlap_on_two_cpus", "dm_clone_completed"}) {
  const auto on_ram =
      BSC_SETUP(MappedDevice::create(w, "linear_on_ram", {linear(BSC_SETUP(ramdisk(w, 0)))}));
  const auto on_pmem =
      BSC_SETUP(MappedDevice::create(w, "linear_on_pmem", {linear(BSC_SETUP(pmem_disk(w)))}));

  w.step("brd");
  on_every_cpu(w, on_ram->disk());
  w.step("pmem");
  on_every_cpu(w, on_pmem->disk());
}

// SPDX-License-Identifier: GPL-2.0-only
// dm-crypt completes on its own worker threads, on other CPUs than the submitter's, and writes
// through bios that it allocates itself.
#include "guest/scenario/crypt_key.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;

BSC_SCENARIO(dm, crypt_concurrent,
             .summary =
                 "what goes through dm-crypt comes back, and its clones complete in order, "
                 "while every vCPU reads and writes",
             .needs = {"module:dm_mod", "module:dm_crypt", "module:xts", "module:ecb", "module:brd",
                       "cpus:2"},
             .probes = {"bio", "dm"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "remap_of_live_master", "pool_empty_at_exit"},
             .witness = {"overlap_on_two_cpus", "dm_clone_completed"}, .shares_boot = true) {
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "crypt_on_ram", {crypt(disk, kCipher, kKey)}));
  on_every_cpu(w, device->disk());
}

// SPDX-License-Identifier: GPL-2.0-only
// A cipher that finishes later, on a worker of the crypto layer: the io of dm-crypt is held by its
// reads and writes meanwhile, and by what is still at the cipher. That the fault fires proves that
// the cipher did finish later.
#include "guest/scenario/crypt_key.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;

BSC_SCENARIO(
    dm, crypt_async,
    .summary =
        "what dm-crypt gives to a cipher that finishes later comes back, its clones in order, "
        "while every vCPU reads and writes",
    .needs = {"module:dm_mod", "module:dm_crypt", "module:xts", "module:ecb", "module:cryptd",
              "module:brd", "cpus:2"},
    .probes = {"bio", "dm"},
    .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                "remap_of_live_master", "pool_empty_at_exit"},
    .witness = {"overlap_on_two_cpus", "dm_clone_completed"},
    .faults = {{.name = "the answer is late",
                .kind = "delay",
                .at = {.hook = "entry:kcryptd_async_done"},
                .hit = 20,
                .count = 20,
                .delay_us = 500,
                .planned = true}},
    .shares_boot = true) {
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "async_crypt_on_ram", {crypt(disk, kAsyncCipher, kKey)}));
  on_every_cpu(w, device->disk());
}

// SPDX-License-Identifier: GPL-2.0-only
// As crypt_concurrent on a disk with a write cache, so that flushes pass through as well.
#include <gtest/gtest.h>

#include "guest/scenario/crypt_key.h"
#include "guest/scenario/nvdimm.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;

BSC_SCENARIO(dm, crypt_on_pmem,
             .summary = "dm-crypt on pmem gives back what it took, flushes included",
             .needs = {"module:dm_mod", "module:dm_crypt", "module:xts", "module:ecb",
                       "module:nfit", "module:nd_pmem", "cpus:2", "nvdimm:16"},
             .probes = {"bio", "dm"},
             .oracles = {"flush_covers_writes", "fua_goes_down", "bio_lifetime", "completes_once",
                         "clone_before_master", "bio_completes", "remap_of_live_master",
                         "pool_empty_at_exit"},
             .witness = {"overlap_on_two_cpus", "dm_clone_completed", "fua_sent"},
             .shares_boot = true) {
  constexpr unsigned kRounds = 16;
  const auto disk = BSC_SETUP(pmem_disk(w));
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "crypt_on_pmem", {crypt(disk, kCipher, kKey)}));
  w.on_every_cpu([&](unsigned cpu) {
    Stream stream = open_stream(w, device->disk(), cpu, {});
    for (unsigned round = 0; round < kRounds; ++round) {
      BSC_SETUP(stream.run({.requests = 16}));
      stream.flush();
    }
    BSC_SETUP(stream.run({.requests = 128, .read_percent = 50, .random = true}));
    make_durable(stream, 32);
    BSC_SETUP(stream.read_back());
    check(stream);
  });
}

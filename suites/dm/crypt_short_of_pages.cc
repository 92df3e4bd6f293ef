// SPDX-License-Identifier: GPL-2.0-only
// More is on its way through dm-crypt than it may have pages for: a write that finds none gives
// back those that it has, and begins anew when it may wait. None is lost: dm-crypt looks for that
// itself when it goes.
#include <gtest/gtest.h>

#include "guest/scenario/crypt_key.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm;

BSC_SCENARIO(dm, crypt_short_of_pages,
             .summary = "a write of dm-crypt that has to wait for pages keeps none of the others",
             .needs = {"module:dm_mod", "module:dm_crypt", "module:xts", "module:ecb",
                       "module:dm_delay", "module:virtio_blk", "disk:64", "cpus:2"},
             .probes = {"bio", "dm"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "remap_of_live_master", "pool_empty_at_exit"},
             .witness = {"bio_given_up"}, .budget_seconds = 60) {
  constexpr std::uint32_t kBlock = 640U << 10;  // of which the 256 pages give out within the second
  constexpr unsigned kDepth = 23;    // of each vCPU: with two, more than its 16 MiB and 256 pages
  constexpr unsigned kDelay = 2000;  // ms: all of it is encrypted before the first is written
  const auto disk = BSC_SETUP(find_disk(w.host(), "/dev/vda"));
  const auto slow = BSC_SETUP(MappedDevice::create(w, "slow", {delay(disk, kDelay)}));
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "crypt", {crypt(slow->disk(), kCipher, kKey)}));
  const unsigned rounds = w.at_length(1U, 10U);
  w.on_every_cpu([&](unsigned cpu) {
    const Traffic traffic{.block = kBlock, .blocks = kDepth, .depth = kDepth};
    Stream stream = open_stream(w, device->disk(), cpu, traffic);
    for (unsigned round = 0; round < rounds; ++round) BSC_SETUP(stream.run({.requests = kDepth}));
    BSC_SETUP(stream.read_back());
    check(stream);
  });
  BSC_SETUP(device->remove());
}

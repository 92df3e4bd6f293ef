// SPDX-License-Identifier: GPL-2.0-only
// A flush of a striped device goes to every stripe: dm makes a clone for each, of which one lies in
// the dm_io and the others in memory of their own, and the flush is done when the last is back.
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm;

BSC_SCENARIO(dm, flush_duplicates,
             .summary = "the clones of a flush all come back, and go, before it is done",
             .needs = {"module:dm_mod", "module:virtio_blk", "cpus:2", "disk:64"},
             .probes = {"bio", "dm"},
             .oracles = {"flush_covers_writes", "fua_goes_down", "bio_lifetime", "completes_once",
                         "clone_before_master", "bio_completes", "remap_of_live_master",
                         "pool_empty_at_exit"},
             .witness = {"overlap_on_two_cpus", "dm_clone_completed"}, .shares_boot = true) {
  constexpr std::uint64_t kChunkSectors = 32;
  constexpr unsigned kRounds = 12;
  const auto disk = BSC_SETUP(find_disk(w.host(), "/dev/vda"));
  std::vector<std::shared_ptr<MappedDevice>> stripes;
  std::vector<BlockDevice> disks;
  for (unsigned stripe = 0; stripe < 3; ++stripe) {
    stripes.push_back(BSC_SETUP(MappedDevice::create(w, fmt::format("stripe{}", stripe),
                                                     {linear(disk, share_of(disk, stripe, 3))})));
    disks.push_back(stripes.back()->disk());
  }
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "flushed", {striped(disks, kChunkSectors)}));
  w.on_every_cpu([&](unsigned cpu) {
    Stream stream = open_stream(w, device->disk(), cpu, {.blocks = 64, .depth = 4});
    for (unsigned round = 0; round < kRounds; ++round) {
      BSC_SETUP(stream.run({.requests = 8}));
      stream.flush();
    }
    BSC_SETUP(stream.read_back());
    check(stream);
  });
}

// SPDX-License-Identifier: GPL-2.0-only
// Random writes of every vCPU to a device of three kinds of targets on four disks, all with a cache
// that forgets: some with FUA, and every few a flush, which has to come to each of the four.
#include "guest/scenario/crypt_key.h"
#include "guest/scenario/null_block.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm;

BSC_SCENARIO(dm, durable,
             .summary = "a flush comes to every disk that was written to, and FUA stays on a write",
             .needs = {"module:dm_mod", "module:dm_crypt", "module:xts", "module:ecb",
                       "module:virtio_blk", "module:null_blk", "cpus:2", "disk:64"},
             .probes = {"bio", "dm"},
             .oracles = {"flush_covers_writes", "fua_goes_down", "bio_lifetime", "completes_once",
                         "clone_before_master", "bio_completes", "remap_of_live_master",
                         "pool_empty_at_exit"},
             .witness = {"disks_flushed", "fua_sent", "overlap_on_two_cpus"}, .shares_boot = true) {
  constexpr std::uint64_t kSectors = 512;  // of each disk
  constexpr std::uint64_t kChunkSectors = 16;
  constexpr unsigned kRounds = 12;
  const auto cached = [&](std::string_view name) {
    return BSC_SETUP(
        null_block(w, name, {.completion = NullBlockOptions::Completion::kSoftirq, .cache = true}));
  };
  const auto virtual_disk = BSC_SETUP(find_disk(w.host(), "/dev/vda"));
  std::vector<BlockDevice> disks{cached("nullb_a"), cached("nullb_b"), cached("nullb_c")};
  for (BlockDevice& disk : disks) disk.sectors = kSectors;
  const auto device = BSC_SETUP(MappedDevice::create(
      w, "durable",
      concatenate({striped({disks[0], disks[1]}, kChunkSectors),
                   linear(virtual_disk, {0, kSectors}), crypt(disks[2], kCipher, kKey)})));
  w.on_every_cpu([&](unsigned cpu) {
    Stream stream = open_stream(w, device->disk(), cpu, {.blocks = 128, .depth = 4});
    for (unsigned round = 0; round < kRounds; ++round) {
      BSC_SETUP(stream.run({.requests = 16, .random = true}));
      stream.flush();
      BSC_SETUP(stream.run({.requests = 4, .random = true, .durable = true}));
    }
    BSC_SETUP(stream.read_back());
    check(stream);
  });
}

// SPDX-License-Identifier: GPL-2.0-only
// Small and large bios in one queue: each vCPU takes turns between requests of one sector and of a
// megabyte, the other vCPU in the opposite order. The driver below cuts what is too large for it.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "guest/scenario/attribute.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;

BSC_SCENARIO(dm, mixed_sizes,
             .summary =
                 "bios from one sector to a megabyte share a queue, and each completes once "
                 "with its own data",
             .needs = {"module:dm_mod", "module:virtio_blk", "cpus:2", "disk:64"},
             .probes = {"bio", "dm", "completion"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "remap_of_live_master", "error_reaches_master", "pool_empty_at_exit"},
             .witness = {"bio_split", "overlap_on_two_cpus", "dm_clone_completed"},
             .shares_boot = true) {
  struct Size {
    std::uint32_t block;
    std::uint64_t blocks;
    unsigned requests;  // of a turn
  };
  constexpr Size kSizes[] = {{512, 64, 24}, {12288, 32, 8}, {262144, 8, 4}, {1048576, 4, 2}};
  constexpr char kMostKib[] = "128";  // that the driver takes at once
  constexpr unsigned kTurns = 4;
  constexpr unsigned kDepth = 4;
  const auto disk = BSC_SETUP(find_disk(w.host(), "/dev/vda"));
  const std::string most = fmt::format("/sys/block/{}/queue/max_sectors_kb", disk.name);
  const std::string before = BSC_SETUP(read_attribute(most));
  BSC_SETUP(write_attribute(most, kMostKib));
  w.cleanup([most, before] { BSC_SETUP(write_attribute(most, before)); });
  const auto device = BSC_SETUP(MappedDevice::create(w, "mixed", {linear(disk)}));

  w.on_every_cpu([&](unsigned cpu) {
    Extent extent = share_of(device->disk(), cpu, w.cpus());
    std::vector<Stream> streams;
    for (const Size& size : kSizes) {
      extent.sectors = size.block / kSectorBytes * size.blocks;
      streams.push_back(BSC_SETUP(Stream::open(
          w, device->disk(),
          {.extent = extent, .block = size.block, .depth = kDepth, .writer = cpu + 1})));
      extent.first += extent.sectors;
    }
    for (unsigned turn = 0; turn < kTurns; ++turn)
      for (std::size_t step = 0; step < streams.size(); ++step) {
        const std::size_t index = cpu % 2 == 0 ? step : streams.size() - 1 - step;
        BSC_SETUP(streams[index].run(
            {.requests = kSizes[index].requests, .read_percent = turn == 0 ? 0u : 30u}));
      }
    for (Stream& stream : streams) {
      BSC_SETUP(stream.read_back());
      check(stream);
    }
  });
}

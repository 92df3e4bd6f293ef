// SPDX-License-Identifier: GPL-2.0-only
// A range over many chunks of a striped device is zeroed by disks that can do it by themselves:
// each zeroes its own share of the range, and nothing beside it.
#include <gtest/gtest.h>

#include "suites/dm/gap.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm;

BSC_SCENARIO(dm, zeroed_on_stripes,
             .summary = "what is zeroed on a striped device is that, and nothing beside it",
             .needs = {"module:dm_mod", "module:virtio_blk", "disk:16", "disk:16", "cpus:2"},
             .probes = {"bio", "dm"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "remap_of_live_master", "pool_empty_at_exit"},
             .witness = {"zeroes_sent"}) {
  constexpr std::uint64_t kChunkSectors = 16;
  constexpr std::uint64_t kKept = 128;  // sectors on either side
  std::vector<BlockDevice> disks;
  for (const char* path : {"/dev/vda", "/dev/vdb"})
    disks.push_back(BSC_SETUP(find_disk(w.host(), path)));
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "stripes", {striped(disks, kChunkSectors)}));
  const auto fd = BSC_SETUP(open_disk(device->disk()));
  std::uint64_t first = 8;  // within a chunk
  // Within a chunk, to the end of one, over two, over many.
  for (const std::uint64_t sectors : {8, 16, 24, 40, 200}) {
    w.step(fmt::format("{} sectors", sectors));
    const Extent gap{first + kKept, sectors};
    Stream before = fill(w, device->disk(), {first, kKept}, 1);
    const Stream within = fill(w, device->disk(), gap, 1);
    Stream after = fill(w, device->disk(), {gap.first + gap.sectors, kKept}, 1);
    const auto done = zero_out(fd, gap);
    EXPECT_TRUE(done) << done.error().text();
    for (Stream* kept : {&before, &after}) BSC_SETUP(kept->read_back());
    expect_zeros(device->disk(), gap);
    for (const Stream* stream :
         {static_cast<const Stream*>(&before), &within, static_cast<const Stream*>(&after)})
      check(*stream);
    first += kKept + sectors;
  }
}

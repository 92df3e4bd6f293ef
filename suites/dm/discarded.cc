// SPDX-License-Identifier: GPL-2.0-only
// Gaps are discarded, and then zeroed, between blocks that hold data, on targets that begin
// somewhere on their disk: what goes to the wrong place is found beside it.
#include <gtest/gtest.h>

#include "guest/scenario/crypt_key.h"
#include "guest/scenario/null_block.h"
#include "suites/dm/gap.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm;

namespace {

constexpr std::uint64_t kPart = 512;  // sectors of each vCPU in each target
constexpr std::uint64_t kKept = 128;  // on either side
constexpr std::uint64_t kBegin = 24;  // of a target on its disk

}  // namespace

BSC_SCENARIO(
    dm, discarded,
    .summary = "what is discarded or zeroed through a table is that, and nothing beside it",
    .needs = {"module:dm_mod", "module:dm_crypt", "module:xts", "module:ecb", "module:null_blk",
              "cpus:2"},
    .probes = {"bio", "dm"},
    .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                "remap_of_live_master", "pool_empty_at_exit"},
    .witness = {"discard_sent", "overlap_on_two_cpus"}, .shares_boot = true) {
  constexpr std::uint64_t kChunkSectors = 16;
  const std::uint64_t sectors = kPart * w.cpus();  // of each target
  std::vector<BlockDevice> disks;
  for (const char* name : {"nullb_a", "nullb_b", "nullb_c", "nullb_d"})
    disks.push_back(BSC_SETUP(null_block(w, name, {.discard = true})));
  disks[0].sectors = disks[1].sectors = sectors / 2;
  const auto device = BSC_SETUP(MappedDevice::create(
      w, "discarded",
      concatenate({striped({disks[0], disks[1]}, kChunkSectors),
                   linear(disks[2], {kBegin, sectors}),
                   crypt_discarding(disks[3], {kBegin, sectors}, kCipher, kKey)})));
  constexpr std::uint64_t kTargets = 3;
  w.on_every_cpu([&](unsigned cpu) {
    const auto fd = BSC_SETUP(open_disk(device->disk()));
    for (std::uint64_t target = 0; target < kTargets; ++target) {
      const std::uint64_t first = target * sectors + cpu * kPart;
      const Extent gap{first + kKept, kPart - 2 * kKept};
      Stream before = fill(w, device->disk(), {first, kKept}, cpu + 1);
      Stream within = fill(w, device->disk(), gap, cpu + 1);
      Stream after = fill(w, device->disk(), {gap.first + gap.sectors, kKept}, cpu + 1);
      for (const auto& forget : {discard, zero_out}) {
        const auto done = forget(fd, gap);
        EXPECT_TRUE(done) << done.error().text();
        for (Stream* kept : {&before, &after}) BSC_SETUP(kept->read_back());
      }
      expect_zeros(device->disk(), gap);
      for (const Stream* stream : {&before, &within, &after}) check(*stream);
    }
  });
}

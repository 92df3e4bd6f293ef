// SPDX-License-Identifier: GPL-2.0-only
// The block layer zeroes a large range with bios that are chained one to the other. The last one
// fails at once, while the one before it still has to come back and does so without an error.
// Whoever asked must hear of it; that the error is not lost on its way is the oracle's to say.
#include "guest/scenario/null_block.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;

BSC_SCENARIO(dm, chained_part_fails,
             .summary =
                 "the error of a chained bio outlives a bio of the chain that ends well "
                 "after it",
             .needs = {"module:dm_mod", "module:null_blk", "cpus:2"},
             .probes = {"bio", "dm", "completion"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "error_reaches_master", "remap_of_live_master", "pool_empty_at_exit"},
             .witness = {"bio_failed", "dm_clone_completed"}, .shares_boot = true) {
  constexpr std::uint64_t kBioSectors = 2048;  // what one bio zeroes at most
  constexpr std::uint64_t kNanoseconds = 2'000'000;
  constexpr unsigned kRounds = 12;
  const auto slow = BSC_SETUP(null_block(
      w, "nullb_own",
      {.completion = NullBlockOptions::Completion::kTimer, .nanoseconds = kNanoseconds}));
  const auto device = BSC_SETUP(MappedDevice::create(
      w, "half_bad", concatenate({linear(slow, {0, kBioSectors}), error(kBioSectors)})));
  w.on_every_cpu([&](unsigned) {
    const auto fd = BSC_SETUP(open_disk(device->disk()));
    for (unsigned round = 0; round < kRounds; ++round) {
      (void)zero_out(fd, {0, 2 * kBioSectors});
      w.host().progress();
    }
  });
}

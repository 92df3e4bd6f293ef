// SPDX-License-Identifier: GPL-2.0-only
// dm-crypt over a disk with a bad spot. What is read or written there fails below dm-crypt, in bios
// of its own, and the error has to find its way up; what it keeps for them has to go. Whether an
// error was lost is the oracle's to say.
#include <gtest/gtest.h>

#include "guest/scenario/io_queue.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm/crypt_key.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm;

BSC_SCENARIO(dm, crypt_on_bad_disk,
             .summary =
                 "an error below dm-crypt reaches whoever asked, and nothing is left of "
                 "the bio that had it",
             .needs = {"module:dm_mod", "module:dm_crypt", "module:xts", "module:ecb", "module:brd",
                       "cpus:2"},
             .probes = {"bio", "dm", "completion"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "error_reaches_master", "remap_of_live_master", "pool_empty_at_exit"},
             .witness = {"bio_failed", "overlap_on_two_cpus", "dm_clone_completed"},
             .shares_boot = true) {
  constexpr std::uint64_t kGoodSectors = 1024;
  constexpr std::uint64_t kBadSectors = 64;
  constexpr std::size_t kBytes = 4096;
  constexpr unsigned kDepth = 4;
  constexpr unsigned kRequests = 96;
  constexpr std::uint64_t kBadBlock = kGoodSectors * kSectorBytes / kBytes;
  constexpr std::uint64_t kBadBlocks = kBadSectors * kSectorBytes / kBytes;
  const auto ram = BSC_SETUP(ramdisk(w, 0));
  const auto bad = BSC_SETUP(
      MappedDevice::create(w, "bad",
                           concatenate({linear(ram, {0, kGoodSectors}), error(kBadSectors),
                                        linear(ram, {kGoodSectors + kBadSectors, kGoodSectors})})));
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "crypt", {crypt(bad->disk(), kCipher, kKey)}));

  w.on_every_cpu([&](unsigned cpu) {
    const auto fd = BSC_SETUP(open_disk(device->disk()));
    const auto buffer = BSC_SETUP(Buffer::allocate(kDepth * kBytes));
    const auto queue = BSC_SETUP(open_aio_queue(kDepth));
    for (unsigned first = 0; first < kRequests; first += kDepth) {
      for (unsigned slot = 0; slot < kDepth; ++slot) {
        // Of four neighbours one or two are bad, of each kind of request in turn.
        const unsigned request = first + slot;
        const bool fails = (request / 2 + cpu) % 3 == 0;
        const std::uint64_t block = fails ? kBadBlock + request % kBadBlocks : request % kBadBlock;
        BSC_SETUP(queue->submit(
            {.kind = request % 2 == 0 ? IoRequest::Kind::kRead : IoRequest::Kind::kWrite,
             .fd = fd.get(),
             .offset = block * kBytes,
             .buffer = buffer.part(slot * kBytes, kBytes),
             .cookie = block}));
      }
      while (queue->in_flight() != 0)
        for (const IoCompletion& done : BSC_SETUP(queue->reap()))
          if (done.cookie < kBadBlock) {
            EXPECT_EQ(done.result, static_cast<std::int64_t>(kBytes)) << "block " << done.cookie;
          }
      w.host().progress();
    }
  });
}

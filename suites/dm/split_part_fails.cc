// SPDX-License-Identifier: GPL-2.0-only
// A master whose parts go to several disks, one of which fails a few sectors: whatever the order in
// which the parts come back, the master carries the error, and only a master with a bad part does.
#include <gtest/gtest.h>

#include <array>

#include "guest/scenario/io_queue.h"
#include "guest/scenario/null_block.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;

namespace {

constexpr std::uint64_t kPartSectors = 32;
constexpr std::uint64_t kParts = 4;  // of a request, alternating between the disks
constexpr std::uint64_t kRequestSectors = kParts * kPartSectors;
constexpr std::uint64_t kRequests = 32;
constexpr std::uint64_t kBadEvery = 4;  // requests, the first of which has a bad sector
constexpr std::size_t kRequestBytes = kRequestSectors * kSectorBytes;

// `disk` with a bad sector in the first of its parts of every kBadEvery-th request.
Table with_bad_sectors(const BlockDevice& disk) {
  constexpr std::uint64_t kStride = kBadEvery * kRequestSectors / 2;
  constexpr std::uint64_t kBad = 8;
  std::vector<Target> targets;
  for (std::uint64_t at = 0; at < kRequests * kRequestSectors / 2; at += kStride) {
    targets.push_back(linear(disk, {at, kBad}));
    targets.push_back(error(kBad));
    targets.push_back(linear(disk, {at + 2 * kBad, kStride - 2 * kBad}));
  }
  return concatenate(targets);
}

Table alternating(const BlockDevice& first, const BlockDevice& second) {
  std::vector<Target> targets;
  for (std::uint64_t at = 0; at < kRequests * kRequestSectors / 2; at += kPartSectors) {
    targets.push_back(linear(first, {at, kPartSectors}));
    targets.push_back(linear(second, {at, kPartSectors}));
  }
  return concatenate(targets);
}

}  // namespace

BSC_SCENARIO(dm, split_part_fails,
             .summary =
                 "a bio of which one part fails ends with an error, in whatever order its "
                 "parts end, and no other bio does",
             .needs = {"module:dm_mod", "module:brd", "module:null_blk", "cpus:2"},
             .probes = {"bio", "dm", "completion"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "error_reaches_master", "remap_of_live_master", "pool_empty_at_exit"},
             .witness = {"part_failed", "bio_failed", "bio_split", "overlap_on_two_cpus"},
             .shares_boot = true) {
  constexpr unsigned kDepth = 4;
  constexpr unsigned kRounds = 3;
  const auto slow =
      BSC_SETUP(null_block(w, "nullb_own", {.completion = NullBlockOptions::Completion::kTimer}));
  const auto bad =
      BSC_SETUP(MappedDevice::create(w, "bad", with_bad_sectors(BSC_SETUP(ramdisk(w, 0)))));
  // The failing part ends first in one device and last in the other.
  const auto early = BSC_SETUP(MappedDevice::create(w, "early", alternating(bad->disk(), slow)));
  const auto late = BSC_SETUP(MappedDevice::create(w, "late", alternating(slow, bad->disk())));

  w.on_every_cpu([&](unsigned cpu) {
    // Every vCPU takes turns between both, so that bios of two vCPUs meet in each.
    const std::array disks{early->disk(), late->disk()};
    const std::array descriptors{BSC_SETUP(open_disk(disks[0])), BSC_SETUP(open_disk(disks[1]))};
    const auto buffer = BSC_SETUP(Buffer::allocate(kDepth * kRequestBytes));
    std::uint64_t next = 0;
    std::vector<unsigned> free_slots;
    for (unsigned slot = 0; slot < kDepth; ++slot) free_slots.push_back(slot);
    const auto queue = BSC_SETUP(open_aio_queue(kDepth));
    while (next < kRounds * kRequests || queue->in_flight() != 0) {
      while (next < kRounds * kRequests && !free_slots.empty()) {
        const unsigned slot = free_slots.back();
        free_slots.pop_back();
        const std::uint64_t request = next++ % kRequests;
        const std::size_t which = (request + cpu) % disks.size();
        BSC_SETUP(
            queue->submit({.kind = next % 3 == 0 ? IoRequest::Kind::kRead : IoRequest::Kind::kWrite,
                           .fd = descriptors[which].get(),
                           .offset = request * kRequestBytes,
                           .buffer = buffer.part(slot * kRequestBytes, kRequestBytes),
                           .cookie = request * kDepth + slot}));
      }
      for (const IoCompletion& done : BSC_SETUP(queue->reap())) {
        const std::uint64_t request = done.cookie / kDepth;
        const bool fails = request % kBadEvery == 0;
        EXPECT_EQ(done.result, fails ? -EIO : static_cast<std::int64_t>(kRequestBytes))
            << "request " << request << " of " << disks[(request + cpu) % disks.size()].name;
        free_slots.push_back(static_cast<unsigned>(done.cookie % kDepth));
      }
      w.host().progress();
    }
  });
}

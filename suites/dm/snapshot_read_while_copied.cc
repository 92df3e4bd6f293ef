// SPDX-License-Identifier: GPL-2.0-only
// Somebody reads from a snapshot what its origin still holds while another writes there: the read
// was sent to the origin, which is slow, and the write has to wait for it as well as for the copy.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm;

BSC_SCENARIO(
    dm, snapshot_read_while_copied,
    .summary = "who reads a snapshot gets what was there, also while the origin changes it",
    .needs = {"module:dm_mod", "module:dm_snapshot", "module:dm_delay", "module:brd", "cpus:2"},
    .probes = {"bio", "dm"},
    .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                "remap_of_live_master", "pool_empty_at_exit"},
    .witness = {"sent_later", "dm_clone_completed"}, .budget_seconds = 30, .shares_boot = true) {
  constexpr std::uint64_t kChunkSectors = 8;
  constexpr std::uint64_t kHeaderSectors = 1024;  // where an earlier snapshot may be seen
  constexpr std::uint64_t kBlocks = 48;
  constexpr unsigned kReaders = 4;
  constexpr unsigned kMilliseconds = 10;
  const auto ram = BSC_SETUP(ramdisk(w, 0));
  const auto store = BSC_SETUP(ramdisk(w, 1));
  BSC_SETUP(zero_out(BSC_SETUP(open_disk(store)), {0, kHeaderSectors}));
  const auto slow = BSC_SETUP(MappedDevice::create(w, "slow", {delay_reads(ram, kMilliseconds)}));
  const auto origin = BSC_SETUP(MappedDevice::create(w, "origin", {snapshot_origin(slow->disk())}));

  Stream stream = BSC_SETUP(Stream::open(
      w, origin->disk(), {.extent = {0, kBlocks * kChunkSectors}, .depth = 1, .writer = 1}));
  BSC_SETUP(stream.run({.requests = kBlocks}));
  BSC_SETUP(origin->suspend());
  const auto taken = BSC_SETUP(
      MappedDevice::create(w, "snapshot", {snapshot(slow->disk(), store, kChunkSectors)}));
  BSC_SETUP(origin->resume());

  // One after the other, in the order of the first round.
  std::atomic<std::uint64_t> writing{0};
  std::atomic<bool> over{false};
  w.on_every_cpu([&](unsigned cpu) {
    if (cpu == 0) {
      const struct SetAtEnd {
        std::atomic<bool>& flag;
        ~SetAtEnd() { flag = true; }
      } end{over};
      for (; writing < kBlocks; ++writing) BSC_SETUP(stream.run({.requests = 1}));
      check(stream);
    } else if (cpu == 1) {
      // Several, so that one of them comes while the copy is under way.
      std::vector<std::jthread> readers;
      for (unsigned reader = 0; reader < kReaders; ++reader) {
        std::this_thread::sleep_for(std::chrono::milliseconds(kMilliseconds) / kReaders);
        readers.emplace_back([&] {
          for (std::uint64_t block; (block = writing) < kBlocks && !over;) {
            expect_older(taken->disk(), origin->disk(), {block * kChunkSectors, kChunkSectors},
                         kBlocks);
            if (::testing::Test::HasFailure()) return;
            w.host().progress();
          }
        });
      }
    }
  });
}

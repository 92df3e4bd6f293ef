// SPDX-License-Identifier: GPL-2.0-only
// Two writers of one vCPU. The first writes over an error and is about to zero the block that it
// freed; it is held up just before it has the lock for that. The second finds the error as well,
// zeroes the block, and may use it from then on. What it writes there must stay.
#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <thread>

#include "suites/btt/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(
    btt, cleared_by_two,
    .summary = "who clears an error that another has cleared meanwhile takes nothing from him",
    .needs = {BSC_BTT_NEEDS, "cpus:2"}, .probes = {"btt", "nd", "disk"},
    .oracles = {BSC_BTT_ORACLES}, .witness = {"block_cleared"}, .boot = {"preempt=full"},
    .faults = {{.name = "the first is late",
                .kind = "delay",
                .at = {.hook = "entry:mutex_lock|mutex_lock_nested",
                       .where = {.task = "bsc/first"}},
                .hit = 1,
                .count = 8,
                .delay_us = 100000,
                .planned = true}},
    .budget_seconds = 60) {
  constexpr std::uint64_t kErrors = 4, kFirst = 100, kMost = 400, kBlock = 4096;
  const auto space = BSC_SETUP(BttNamespace::find(w));
  auto disk = BSC_SETUP(space->attach(kBlock));
  BSC_SETUP(space->give_back());
  const auto raw = BSC_SETUP(space->raw());
  const auto table = BSC_SETUP(read_table(raw));
  for (std::uint64_t lba = 0; lba < kErrors; ++lba)
    BSC_SETUP(write_bytes(raw, table.map + lba * 4, {static_cast<std::uint8_t>(lba), 0, 0, 0x40}));
  BSC_SETUP(space->end_raw());
  disk = BSC_SETUP(space->attach(kBlock));

  const bioscope::Fd fd = BSC_SETUP(open_disk(disk));
  const auto write = [&](const Buffer& buffer, std::uint64_t lba, std::uint32_t writer) {
    for (std::uint64_t sector = 0; sector < kBlock / kSectorBytes; ++sector)
      write_stamp(Sector(buffer.part(sector * kSectorBytes, kSectorBytes)),
                  {.device = disk.number,
                   .writer = writer,
                   .sector = lba * (kBlock / kSectorBytes) + sector,
                   .counter = 1});
    return ::pwrite(fd.get(), buffer.all().data(), kBlock, static_cast<off_t>(lba * kBlock)) ==
           static_cast<ssize_t>(kBlock);
  };
  const auto begin = [](const char* name) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    ::pthread_setname_np(::pthread_self(), name);
    return ::sched_setaffinity(0, sizeof(one), &one) == 0;
  };
  const Buffer errors = BSC_SETUP(Buffer::allocate(kBlock));
  const Buffer others = BSC_SETUP(Buffer::allocate(kBlock));
  std::atomic<bool> done{false};
  std::uint64_t written = 0;  // by the second
  {
    std::jthread second([&] {
      EXPECT_TRUE(begin("bsc/second"));
      for (; !done && written < kMost; ++written) {
        EXPECT_TRUE(write(others, kFirst + written, 2));
        w.host().progress();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
    std::jthread first([&] {
      EXPECT_TRUE(begin("bsc/first"));
      for (std::uint64_t lba = 0; lba < kErrors; ++lba) EXPECT_TRUE(write(errors, lba, 1));
      done = true;
    });
  }
  std::uint64_t lost = 0;
  const auto check = [&](std::uint64_t lba) {
    const auto content =
        BSC_SETUP(read_sectors(disk, {lba * (kBlock / kSectorBytes), kBlock / kSectorBytes}));
    if (read_sector(ConstSector(content.part(0, kSectorBytes))).state !=
        SectorContent::State::kStamped)
      ++lost;
  };
  for (std::uint64_t lba = 0; lba < kErrors; ++lba) check(lba);
  for (std::uint64_t index = 0; index < written; ++index) check(kFirst + index);
  EXPECT_EQ(lost, 0U) << "of " << kErrors + written << " blocks that were written";
}

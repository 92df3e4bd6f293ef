// SPDX-License-Identifier: GPL-2.0-only
// The driver leaves a table and comes back while every vCPU reads and writes. The handle stays,
// with its namespace; the disk goes and another comes. What was acknowledged is there.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "guest/scenario/wait.h"
#include "suites/btt/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(
    btt, rebound_under_io,
    .summary = "a table outlives its disk: detached and attached under I/O, nothing is lost",
    .needs = {BSC_BTT_NEEDS, "cpus:2"}, .probes = {"btt", "nd", "disk"},
    .oracles = {BSC_BTT_ORACLES}, .witness = {"table_attached_again", "detached_under_io"},
    .faults = {{.name = "a bio is slow",
                .kind = "delay",
                .at = {.hook = "entry:btt_map_read", .where = {.task = "bsc/*"}},
                .hit = 10,
                .count = 60,
                .delay_us = 3000,
                .planned = true}},
    .budget_seconds = 60) {
  const unsigned rounds = w.at_length(4U, 40U);
  const auto space = BSC_SETUP(BttNamespace::find(w));
  auto disk = BSC_SETUP(space->attach(512));
  for (unsigned round = 0; round < rounds; ++round) {
    w.step(fmt::format("round {}", round));
    // Of each vCPU: the last write that was acknowledged.
    std::vector<std::atomic<std::uint64_t>> acknowledged(w.cpus());
    const auto all_write = [&] {
      return std::ranges::all_of(acknowledged, [](const auto& counter) { return counter >= 4; });
    };
    std::jthread unbinder([&] {
      EXPECT_TRUE(wait_until(2 * kDeviceLimit, all_write)) << "a vCPU does not write";
      const bioscope::Status unbound = space->unbind();
      EXPECT_TRUE(unbound) << unbound.error().text();
    });
    w.on_every_cpu([&](unsigned cpu) {
      const bioscope::Fd fd = BSC_SETUP(open_disk(disk));
      const Buffer buffer = BSC_SETUP(Buffer::allocate(kSectorBytes));
      const std::uint64_t sector = 64 + cpu;
      for (std::uint64_t counter = 1;; ++counter) {
        write_stamp(
            Sector(buffer.all()),
            {.device = disk.number, .writer = cpu + 1, .sector = sector, .counter = counter});
        // Fails when the disk is gone, which ends it.
        if (::pwrite(fd.get(), buffer.all().data(), kSectorBytes,
                     static_cast<off_t>(sector * kSectorBytes)) !=
            static_cast<ssize_t>(kSectorBytes))
          break;
        acknowledged[cpu] = counter;
        w.host().progress();
      }
    });
    unbinder.join();
    EXPECT_EQ(BSC_SETUP(space->taken_by(space->handle())), space->name())
        << "the handle lost its namespace with its driver";
    BSC_COMES_BACK(disk, space->bind());
    const auto content = BSC_SETUP(read_sectors(disk, {64, w.cpus()}));
    for (unsigned cpu = 0; cpu < w.cpus(); ++cpu) {
      const SectorContent found =
          read_sector(ConstSector(content.part(cpu * kSectorBytes, kSectorBytes)));
      ASSERT_EQ(found.state, SectorContent::State::kStamped) << describe(found);
      const std::uint64_t last = acknowledged[cpu];
      EXPECT_GE(found.stamp.counter, last) << describe(found);
      EXPECT_LE(found.stamp.counter, last + 1) << describe(found);
    }
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// One sector, read by one vCPU while another writes it over and over. The reader is held up between
// announcing its block and reading it; the writer has taken the block's place by then and comes to
// want the block itself. Each read shows one write, whole, and none older than one before.
#include <gtest/gtest.h>

#include <atomic>

#include "suites/btt/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(btt, read_while_written,
             .summary = "who reads a sector that is being written gets one version of it, whole",
             .needs = {BSC_BTT_NEEDS, "cpus:2"}, .probes = {"btt", "nd", "disk"},
             .oracles = {BSC_BTT_ORACLES}, .witness = {"freed_under_reader", "waited_for_reader"},
             .faults = {{.name = "the reader is late",
                         .kind = "delay",
                         .at = {.hook = "entry:nsio_rw_bytes", .where = {.task = "bsc/0"}},
                         .hit = 60,
                         .count = 450,
                         .delay_us = 2000,
                         .planned = true}},
             // The writer goes on as fast as it can.
             .ring_bytes = 64U << 20, .budget_seconds = 40) {
  constexpr std::uint64_t kLba = 5;
  // And the next one: its block is the one that the first has just freed, under the reader.
  constexpr std::size_t kWritten = 2 * kSectorBytes;
  const unsigned reads = w.at_length(500U, 2000U);
  const auto space = BSC_SETUP(BttNamespace::find(w));
  const auto disk = BSC_SETUP(space->attach(512));
  std::atomic<bool> done{false};
  const auto write = [&](const bioscope::Fd& fd, const Buffer& buffer, std::uint64_t counter) {
    for (std::uint64_t index = 0; index < 2; ++index)
      write_stamp(Sector(buffer.part(index * kSectorBytes, kSectorBytes)),
                  {.device = disk.number, .writer = 1, .sector = kLba + index, .counter = counter});
    return ::pwrite(fd.get(), buffer.all().data(), kWritten, kLba * kSectorBytes) ==
           static_cast<ssize_t>(kWritten);
  };
  {
    const bioscope::Fd fd = BSC_SETUP(open_disk(disk));
    const Buffer buffer = BSC_SETUP(Buffer::allocate(kWritten));
    ASSERT_TRUE(write(fd, buffer, 1)) << "the first write failed";
  }
  w.on_every_cpu([&](unsigned cpu) {
    const struct SetAtEnd {
      std::atomic<bool>* flag;
      ~SetAtEnd() {
        if (flag != nullptr) *flag = true;
      }
    } end{cpu == 0 ? &done : nullptr};
    const bioscope::Fd fd = BSC_SETUP(open_disk(disk));
    const Buffer buffer = BSC_SETUP(Buffer::allocate(kWritten));
    if (cpu == 1)
      for (std::uint64_t counter = 2; !done; ++counter) {
        ASSERT_TRUE(write(fd, buffer, counter)) << "write " << counter << " failed";
        w.host().progress();
      }
    if (cpu != 0) return;
    std::uint64_t latest = 0;
    for (unsigned read = 0; read < reads; ++read) {
      ASSERT_EQ(::pread(fd.get(), buffer.all().data(), kSectorBytes, kLba * kSectorBytes),
                static_cast<ssize_t>(kSectorBytes));
      const SectorContent content = read_sector(ConstSector(buffer.all()));
      ASSERT_EQ(content.state, SectorContent::State::kStamped) << describe(content);
      ASSERT_EQ(content.stamp.sector, kLba) << describe(content);
      ASSERT_GE(content.stamp.counter, latest) << "an older write came back: " << describe(content);
      latest = content.stamp.counter;
      w.host().progress();
    }
  });
}

// SPDX-License-Identifier: GPL-2.0-only
// A file system on a table: every vCPU writes files and waits for each, and what the disk then has
// where a file system says that a file is, is what was written.
#include <gtest/gtest.h>

#include <barrier>

#include "guest/scenario/filesystem.h"
#include "suites/btt/traffic.h"

using bioscope::Fd;
using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(btt, mounted, .summary = "what a file system on a table was told is written, is",
             .needs = {BSC_BTT_NEEDS, "module:ext4", "tool:mkfs.ext4", "cpus:2"},
             .probes = {"btt", "btt_bytes", "nd", "disk"},
             .oracles = {BSC_BTT_ORACLES, "step_durable_before_next"},
             .witness = {"writers_overlap"},
             .faults = {{.name = "one vCPU is slow",
                         .kind = "delay",
                         .at = {.hook = "entry:btt_map_read", .where = {.task = "bsc/0"}},
                         .hit = 5,
                         .count = 60,
                         .delay_us = 3000,
                         .planned = true}},
             // Every byte that mkfs and the journal write is in the record.
             .ring_bytes = 64U << 20, .budget_seconds = 60) {
  constexpr std::size_t kBytes = 16384;
  const unsigned files = w.at_length(6U, 60U);
  const auto space = BSC_SETUP(BttNamespace::find(w));
  const auto disk = BSC_SETUP(space->attach(4096));
  BSC_SETUP(run_tool({"mkfs.ext4", "-q", "-F", "-b", "4096", disk.path, "16M"}));
  const std::string directory = BSC_SETUP(mount_disk(w, disk, "ext4"));
  const auto name = [&](unsigned cpu, unsigned file) {
    return fmt::format("{}/{}-{}", directory, cpu, file);
  };
  const auto content = [](unsigned cpu, unsigned file) {
    std::string text(kBytes, ' ');
    for (std::size_t i = 0; i < kBytes; ++i)
      text[i] = static_cast<char>('a' + (i / 512 + cpu * 7 + file) % 26);
    return text;
  };
  // Together for each file, or on a busy host one is done before another has begun.
  std::barrier together(static_cast<std::ptrdiff_t>(w.cpus()));
  w.on_every_cpu([&](unsigned cpu) {
    const struct LeaveAtEnd {
      std::barrier<>& barrier;
      ~LeaveAtEnd() { static_cast<void>(barrier.arrive_and_drop()); }
    } end{together};
    for (unsigned file = 0; file < files; ++file) {
      together.arrive_and_wait();
      const Fd fd(::open(name(cpu, file).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
      const std::string text = content(cpu, file);
      ASSERT_TRUE(fd) << name(cpu, file);
      ASSERT_EQ(::write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
      ASSERT_EQ(::fsync(fd.get()), 0);
      w.host().progress();
    }
  });
  const Fd direct = BSC_SETUP(open_disk(disk));
  const Buffer buffer = BSC_SETUP(Buffer::allocate(kBytes));
  for (unsigned cpu = 0; cpu < w.cpus(); ++cpu)
    for (unsigned file = 0; file < files; ++file) {
      const Extent place = BSC_SETUP(extent_of(name(cpu, file)));
      const std::size_t bytes = std::min<std::size_t>(kBytes, place.sectors * kSectorBytes);
      ASSERT_EQ(::pread(direct.get(), buffer.all().data(), bytes,
                        static_cast<off_t>(place.first * kSectorBytes)),
                static_cast<ssize_t>(bytes));
      const std::string_view got(reinterpret_cast<const char*>(buffer.all().data()), bytes);
      EXPECT_TRUE(got == std::string_view(content(cpu, file)).substr(0, bytes)) << name(cpu, file);
    }
}

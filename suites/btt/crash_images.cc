// SPDX-License-Identifier: GPL-2.0-only
// Two vCPUs write sectors, each on its own and both on shared ones, and every byte that goes to the
// NVDIMM is recorded, with the flushes. The host keeps what the NVDIMM held before and afterwards:
// what is between makes the images that a power cut could have left (`bioscope nvdimm crash`).
#include <gtest/gtest.h>

#include <random>

#include "guest/scenario/nvdimm.h"
#include "suites/btt/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

namespace {

constexpr std::uint64_t kOwn = 12;    // sectors of each writer
constexpr std::uint64_t kShared = 4;  // of all

}  // namespace

BSC_SCENARIO(btt, crash_images,
             .summary = "each step of a write is past the cache and flushed before the next begins",
             .needs = {BSC_BTT_NEEDS, "cpus:2"}, .probes = {"btt", "btt_bytes", "nd", "disk"},
             .oracles = {BSC_BTT_ORACLES, "step_durable_before_next"},
             .witness = {"writers_overlap"},
             .faults = {{.name = "each store takes a while",
                         .kind = "delay",
                         .at = {.hook = "entry:nsio_rw_bytes", .where = {.task = "bsc/0"}},
                         .hit = 100,
                         .count = 300,
                         .delay_us = 1500,
                         .planned = true}},
             .budget_seconds = 40, .long_budget_seconds = 200) {
  const unsigned writes = w.at_length(120U, 1200U);
  const auto space = BSC_SETUP(BttNamespace::find(w));
  const auto disk = BSC_SETUP(space->attach(512));
  const auto write = [&](unsigned cpu, unsigned count, std::uint64_t first) {
    const auto fd = BSC_SETUP(open_disk(disk));
    const Buffer buffer = BSC_SETUP(Buffer::allocate(kSectorBytes));
    std::mt19937_64 random(w.seed() * 64 + cpu);
    for (std::uint64_t counter = first; counter < first + count; ++counter) {
      const bool shared = random() % 4 == 0;
      const std::uint64_t lba = shared ? random() % kShared : 64 + cpu * kOwn + random() % kOwn;
      write_stamp(Sector(buffer.all()),
                  {.device = 1, .writer = cpu + 1, .sector = lba, .counter = counter});
      ASSERT_EQ(::pwrite(fd.get(), buffer.all().data(), kSectorBytes,
                         static_cast<off_t>(lba * kSectorBytes)),
                static_cast<ssize_t>(kSectorBytes));
      w.host().progress();
    }
  };
  // Tables are laid out, and both halves of some lanes' logs are in use, before the base is kept.
  w.on_every_cpu([&](unsigned cpu) { write(cpu, 10, 1); });
  BSC_SETUP(keep_nvdimm(w, 0, "base"));
  w.on_every_cpu([&](unsigned cpu) { write(cpu, writes, 100); });
  BSC_SETUP(keep_nvdimm(w, 0, "last"));
}

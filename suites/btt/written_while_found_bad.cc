// SPDX-License-Identifier: GPL-2.0-only
// A reader finds that a sector lies in a bad place, and is held up before it says so in the map.
// Meanwhile the sector is written, to another place. What was acknowledged must stay.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "guest/scenario/bad_range.h"
#include "suites/btt/sector_at.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(
    btt, written_while_found_bad,
    .summary = "who finds a sector in a bad place takes nothing from who writes it meanwhile",
    .needs = {BSC_BTT_NEEDS, "module:mce_inject", "cpus:2"}, .probes = {"btt", "nd", "disk"},
    .oracles = {BSC_BTT_ORACLES}, .witness = {"freed_under_reader"},
    .faults = {{.name = "before the map says error",
                .kind = "rendezvous",
                // After two looks at the map the data.
                .at = {.hook = "entry:nsio_rw_bytes", .where = {.task = "bsc/0"}},
                .until = {.hook = "exit:btt_submit_bio", .where = {.task = "bsc/1"}},
                .hit = 3,
                .delay_us = 200000,
                .planned = true}},
    .budget_seconds = 40) {
  constexpr std::uint64_t kLbas[] = {7};
  constexpr std::chrono::milliseconds kBehind{4};  // the writer comes while the reader waits
  const auto space = BSC_SETUP(BttNamespace::find(w));
  auto disk = BSC_SETUP(space->attach(512));
  ASSERT_EQ(SectorAt::of(disk, kLbas[0]).write(1), 0);
  BSC_SETUP(space->give_back());
  const auto offsets = offsets_of(*space, kLbas);
  disk = BSC_SETUP(space->attach(512));
  BSC_SETUP(make_sector_bad(w, 0, offsets[0]));
  int wrote = -1;
  w.on_every_cpu([&](unsigned cpu) {
    if (cpu > 1) return;
    const SectorAt sector = SectorAt::of(disk, kLbas[0]);
    if (cpu == 0) {
      EXPECT_EQ(sector.read(), EIO) << "the sector was in a bad place";
    } else {
      std::this_thread::sleep_for(kBehind);
      wrote = sector.write(2);
    }
  });
  ASSERT_EQ(wrote, 0) << "no error was known of";
  SectorAt::of(disk, kLbas[0]).expect(2);
}

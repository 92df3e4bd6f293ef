// SPDX-License-Identifier: GPL-2.0-only
// A region with a table goes and comes back, again and again; each time a second handle asks for
// the namespace that the first one has. What was allocated for all that is free in the end.
#include <gtest/gtest.h>

#include "guest/scenario/attribute.h"
#include "guest/scenario/slab.h"
#include "guest/scenario/wait.h"
#include "suites/btt/sector_at.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(btt, nothing_kept,
             .summary = "a region that goes leaves none of the memory behind that it had",
             .needs = {BSC_BTT_NEEDS, "config:SLUB_DEBUG", "cpus:2"},
             .probes = {"btt", "nd", "disk"}, .oracles = {BSC_BTT_ORACLES},
             .witness = {"namespace_refused", "table_attached_again"}, .boot = {kSlabTracking},
             .budget_seconds = 60) {
  constexpr char kDriver[] = "/sys/bus/nd/drivers/nd_region/";
  const unsigned rounds = w.at_length(16U, 100U);
  const auto space = BSC_SETUP(BttNamespace::find(w));
  auto disk = BSC_SETUP(space->attach(512));
  ASSERT_EQ(SectorAt::of(disk, 7).write(1), 0);
  const auto go_round = [&](unsigned times) {
    for (unsigned time = 0; time < times; ++time) {
      SectorAt::of(disk, 7).expect(1);
      // Waits until the bus has added what it adds, or the region would leave some of it behind.
      const auto second = BSC_SETUP(space->free_handle(4096));
      EXPECT_FALSE(space->take(second)) << "two handles have one namespace";
      BSC_SETUP(write_attribute(fmt::format("{}unbind", kDriver), "region0"));
      BSC_SETUP(write_attribute(fmt::format("{}bind", kDriver), "region0"));
      disk = BSC_SETUP(find_disk(w.host(), disk.path));
      BSC_SETUP(space->found_again());
    }
  };
  w.step("once");  // caches and lists of the kernel's own get their size
  go_round(3);
  BSC_SETUP(allocations());
  const auto before = BSC_SETUP(allocations());
  w.step("and again");
  go_round(rounds);
  std::vector<std::string> kept;
  // Some is freed a little later.
  wait_until(kDeviceLimit, [&] {
    kept = grown(before, BSC_SETUP(allocations()), rounds);
    return kept.empty();
  });
  for (const std::string& one : kept)
    ADD_FAILURE() << "after " << rounds << " times the kernel keeps " << one;
}

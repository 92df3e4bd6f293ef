// SPDX-License-Identifier: GPL-2.0-only
// Whoever has a namespace keeps it: a handle of a table, a handle of the pfn kind, and the
// namespace's own raw driver shut each other out, and give it back for the next.
#include <gtest/gtest.h>

#include "guest/scenario/attribute.h"
#include "suites/btt/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(
    btt, one_claim,
    .summary = "a namespace is in one mode at a time, and free for the next one afterwards",
    .needs = {BSC_BTT_NEEDS}, .probes = {"btt", "nd", "disk"}, .oracles = {BSC_BTT_ORACLES},
    .witness = {"namespace_refused", "table_attached_again"}, .budget_seconds = 40) {
  constexpr char kRegion[] = "/sys/bus/nd/devices/region0";
  constexpr char kBind[] = "/sys/bus/nd/drivers/nd_pmem/bind";
  const unsigned rounds = w.at_length(3U, 30U);
  const auto space = BSC_SETUP(BttNamespace::find(w));
  const auto pfn = [&] {
    return fmt::format("/sys/bus/nd/devices/{}/namespace",
                       BSC_SETUP(read_attribute(fmt::format("{}/pfn_seed", kRegion))));
  };
  for (unsigned round = 0; round < rounds; ++round) {
    w.step("a table has it");
    const auto disk = BSC_SETUP(space->attach(4096));
    const auto second = BSC_SETUP(space->free_handle(4096));
    EXPECT_FALSE(space->take(second)) << "two handles have one namespace";
    EXPECT_EQ(BSC_SETUP(space->taken_by(second)), "");
    EXPECT_FALSE(write_attribute(pfn(), space->name())) << "a pfn handle took it as well";
    EXPECT_FALSE(write_attribute(kBind, space->name())) << "the raw driver took it as well";
    BSC_SETUP(space->unbind());
    EXPECT_FALSE(write_attribute(pfn(), space->name())) << "it was free under its handle";
    BSC_SETUP(space->give_back());

    w.step("a pfn handle has it");
    BSC_SETUP(write_attribute(pfn(), space->name()));
    const auto third = BSC_SETUP(space->free_handle(4096));
    EXPECT_FALSE(space->take(third)) << "a table took it from a pfn handle";
    BSC_SETUP(write_attribute(pfn(), "\n"));

    w.step("the raw driver has it");
    const auto raw = BSC_SETUP(space->raw());
    EXPECT_FALSE(space->attach(4096)) << "a table was attached under the raw driver";
    BSC_SETUP(space->give_back());
    BSC_SETUP(space->end_raw());
  }
}

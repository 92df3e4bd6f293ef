// SPDX-License-Identifier: GPL-2.0-only
// Ranges of bad sectors are set, beside each other and over each other's ends, and cleared: the
// list of a disk has those sectors that a plain set has, and the disk fails those.
#include <gtest/gtest.h>

#include <algorithm>

#include "suites/btt/bad_ranges.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(btt, bad_ranges_add_up,
             .summary = "a disk's list of bad ranges has the sectors that were set",
             .needs = {"module:null_blk"}, .probes = {"disk"}, .budget_seconds = 30,
             .shares_boot = true) {
  BadRanges ranges = BadRanges::make(w);
  for (unsigned round = 0; round < w.at_length(3U, 100U); ++round) {
    w.step(fmt::format("round {}", round));
    // None is covered whole, which bad_ranges_covered is about.
    ranges.change(100, [](const BadRanges::Range& range, const auto& list) {
      return std::ranges::none_of(list, [&](const auto& other) { return range.holds(other); });
    });
    if (testing::Test::HasFailure()) return;
    ranges.check_disk();
  }
}

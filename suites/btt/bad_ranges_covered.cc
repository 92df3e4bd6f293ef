// SPDX-License-Identifier: GPL-2.0-only
// As bad_ranges_add_up; but a range that is set may cover others, several too.
#include <gtest/gtest.h>

#include "suites/btt/bad_ranges.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(btt, bad_ranges_covered, .summary = "bad ranges that a longer one covers stay bad",
             .needs = {"module:null_blk"}, .probes = {"disk"}, .budget_seconds = 30,
             .shares_boot = true) {
  BadRanges ranges = BadRanges::make(w);
  for (unsigned round = 0; round < w.at_length(3U, 100U); ++round) {
    w.step(fmt::format("round {}", round));
    ranges.change(100, [](const BadRanges::Range&, const auto&) { return true; });
    if (testing::Test::HasFailure()) return;
    ranges.check_disk();
  }
}

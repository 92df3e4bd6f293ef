// SPDX-License-Identifier: GPL-2.0-only
#include "harness/plan/interval.h"

#include <gtest/gtest.h>

namespace bioscope::plan {
namespace {

void expect(unsigned successes, unsigned trials, double low, double high) {
  const Interval interval = exact_interval(successes, trials);
  EXPECT_NEAR(interval.low, low, 5e-5) << successes << " of " << trials;
  EXPECT_NEAR(interval.high, high, 5e-5) << successes << " of " << trials;
}

// Where a bound has a closed form, by that; the others by tables.
TEST(ExactInterval, IsThatOfTheTables) {
  expect(0, 10, 0, 0.30850);
  expect(10, 10, 0.69150, 1);
  expect(1, 1, 0.025, 1);
  expect(5, 10, 0.18709, 0.81291);
  expect(1, 10, 0.00253, 0.44502);
  expect(9, 10, 0.55498, 0.99747);
  expect(0, 3000, 0, 0.00123);
}

TEST(ExactInterval, WithoutTrialsNothingIsKnown) { expect(0, 0, 0, 1); }

}  // namespace
}  // namespace bioscope::plan

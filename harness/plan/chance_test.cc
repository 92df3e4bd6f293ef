// SPDX-License-Identifier: GPL-2.0-only
// Chances against values that can be counted by hand.
#include "harness/plan/chance.h"

#include <gtest/gtest.h>

namespace bioscope::plan {
namespace {

TEST(Chance, FisherCountsTheWaysToBeAhead) {
  EXPECT_NEAR(fisher({0, 5}, {5, 5}), 1.0 / 252, 1e-12) << "one of 10 over 5 ways";
  EXPECT_NEAR(fisher({0, 3}, {3, 3}), 1.0 / 20, 1e-12);
  EXPECT_NEAR(fisher({1, 4}, {3, 4}), 17.0 / 70, 1e-12) << "16 ways of 3 + 1, 1 of 4 + 0";
}

TEST(Chance, FisherSaysNothingWhereThereIsNothing) {
  EXPECT_EQ(fisher({0, 0}, {5, 5}), 1);
  EXPECT_EQ(fisher({0, 5}, {0, 0}), 1);
  EXPECT_EQ(fisher({0, 5}, {0, 5}), 1);
  EXPECT_EQ(fisher({5, 5}, {5, 5}), 1);
  EXPECT_EQ(fisher({5, 5}, {0, 5}), 1) << "the other is ahead";
  EXPECT_EQ(fisher({5, 5}, {2, 5}), 1);
}

TEST(Chance, HolmKeepsTheOrderAndTheSmallestBearsTheMost) {
  const std::vector<double> p{0.04, 0.01, 0.03};
  const auto adjusted = holm(p);
  EXPECT_DOUBLE_EQ(adjusted[1], 0.03);
  EXPECT_DOUBLE_EQ(adjusted[2], 0.06);
  EXPECT_DOUBLE_EQ(adjusted[0], 0.06) << "never less than one that was smaller";
  EXPECT_TRUE(holm({}).empty());
  EXPECT_DOUBLE_EQ(holm(std::vector{0.9, 0.8})[0], 1);
}

TEST(Chance, ToMissIsRarerTheMoreWasSeenAndTheMoreIsTried) {
  EXPECT_DOUBLE_EQ(miss_chance({0, 5}, 3), 1);
  EXPECT_DOUBLE_EQ(miss_chance({5, 5}, 0), 1);
  EXPECT_NEAR(miss_chance({5, 5}, 1), 1.0 / 6, 1e-12);
  EXPECT_NEAR(miss_chance({5, 5}, 2), 2.0 / 42, 1e-12);
  EXPECT_NEAR(miss_chance({2, 10}, 1), 9.0 / 11, 1e-12) << "it comes in 2 of 11";
  EXPECT_GT(miss_chance({2, 10}, 5), miss_chance({8, 10}, 5));
}

TEST(Chance, ToTellApartTakesLongerTheNearerTheyAre) {
  EXPECT_EQ(trials_to_tell_apart({0, 2}, {2, 2}, 0.05), 4u) << "1 of 20 is not below";
  const auto far = trials_to_tell_apart({0, 3}, {2, 3}, 0.05);
  const auto near = trials_to_tell_apart({1, 3}, {2, 3}, 0.05);
  EXPECT_GT(far, 4u);
  EXPECT_GT(near, far);
  EXPECT_EQ(trials_to_tell_apart({1, 3}, {1, 3}, 0.05), 0u);
  EXPECT_EQ(trials_to_tell_apart({0, 0}, {1, 3}, 0.05), 0u);
}

}  // namespace
}  // namespace bioscope::plan

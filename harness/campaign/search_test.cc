// SPDX-License-Identifier: GPL-2.0-only
// Searches over series whose culprit is known, with findings that come always or now and then.
#include "harness/campaign/search.h"

#include <gtest/gtest.h>

#include <random>

namespace bioscope::campaign {
namespace {

struct Ended {
  std::vector<Search::Candidate> suspects{};
  unsigned steps = 0;  // kernels that were tried
  unsigned trials = 0;
};

// The finding comes with `chance` from patch `culprit` on.
Ended search(unsigned patches, unsigned culprit, double chance, std::mt19937& random,
             const std::set<unsigned>& broken = {}) {
  std::bernoulli_distribution comes(chance);
  plan::Count known;
  while (known.trials < 5 || (known.seen < 6 && known.seen < known.trials)) {
    ++known.trials;
    known.seen += comes(random) ? 1 : 0;
  }
  Search search(patches, known);
  Ended ended;
  std::set<unsigned> tried;
  while (const auto step = search.next()) {
    if (broken.contains(*step)) {
      search.skip(*step);
      continue;
    }
    tried.insert(*step);
    ++ended.trials;
    search.saw(*step, *step >= culprit && comes(random));
    if (ended.trials > 10000) break;
  }
  ended.steps = static_cast<unsigned>(tried.size());
  ended.suspects = search.suspects();
  return ended;
}

TEST(Search, AFindingThatAlwaysComesIsFoundByHalving) {
  std::mt19937 random(1);
  for (unsigned culprit = 1; culprit <= 32; ++culprit) {
    const auto ended = search(32, culprit, 1, random);
    ASSERT_EQ(ended.suspects.size(), 1u) << culprit;
    EXPECT_EQ(ended.suspects[0].patch, culprit);
    EXPECT_GE(ended.suspects[0].probability, kSure);
    EXPECT_LE(ended.steps, 7u) << "the base and five or six more";
  }
}

TEST(Search, OnePatchIsTheOneIfTheBaseIsGood) {
  std::mt19937 random(1);
  const auto ended = search(1, 1, 1, random);
  ASSERT_EQ(ended.suspects.size(), 1u);
  EXPECT_EQ(ended.suspects[0].patch, 1u);
  EXPECT_EQ(ended.steps, 1u) << "the base alone";
}

TEST(Search, ABaseThatShowsItEndsTheSearch) {
  std::mt19937 random(1);
  const auto ended = search(16, 0, 1, random);
  EXPECT_EQ(ended.trials, 1u);
  EXPECT_EQ(ended.suspects[0].patch, 0u);
}

TEST(Search, AFindingThatComesSeldomIsFoundAsSurely) {
  for (const double chance : {0.2, 0.5, 0.8}) {
    unsigned wrong = 0;
    constexpr unsigned kRuns = 200;
    std::mt19937 random(7);
    for (unsigned i = 0; i < kRuns; ++i) {
      const unsigned culprit = 1 + i % 20;
      const auto ended = search(20, culprit, chance, random);
      wrong += ended.suspects[0].patch == culprit ? 0 : 1;
    }
    EXPECT_LE(wrong, kRuns / 20) << "95 % of " << kRuns << " with a chance of " << chance;
  }
}

TEST(Search, WhatCannotBeTriedLeavesSuspects) {
  std::mt19937 random(1);
  auto ended = search(16, 9, 1, random, {8});
  ASSERT_EQ(ended.suspects.size(), 2u) << "8 and 9 cannot be told apart";
  EXPECT_EQ(ended.suspects[0].patch + ended.suspects[1].patch, 17u);
  ended = search(16, 12, 1, random, {8});
  ASSERT_EQ(ended.suspects.size(), 1u) << "the hole is elsewhere";
  EXPECT_EQ(ended.suspects[0].patch, 12u);
  ended = search(16, 9, 1, random, {5, 6, 7, 8, 9, 10});
  EXPECT_EQ(ended.suspects.size(), 7u) << "5 to 11";
}

TEST(Search, WhatWasSeenCanBeToldAgain) {
  Search first(8, {5, 5});
  for (unsigned i = 0; i < first.trials_per_step(); ++i) first.saw(0, false);
  first.saw(4, true);
  Search second(8, {5, 5});
  second.saw(4, true);
  for (unsigned i = 0; i < second.trials_per_step(); ++i) second.saw(0, false);
  EXPECT_EQ(first.probabilities(), second.probabilities());
}

TEST(Search, TheTrialsOfAStepFollowFromTheChance) {
  EXPECT_LE(Search(32, {5, 5}).trials_per_step(), 4u);
  EXPECT_GT(Search(32, {3, 15}).trials_per_step(), 15u);
  EXPECT_GT(Search(1024, {5, 5}).trials_per_step(), Search(2, {5, 5}).trials_per_step());
}

}  // namespace
}  // namespace bioscope::campaign

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
             const std::set<unsigned>& broken = {}, std::vector<double> suspicion = {}) {
  std::bernoulli_distribution comes(chance);
  plan::Count known;
  while (known.trials < 5 || (known.seen < 6 && known.seen < known.trials)) {
    ++known.trials;
    known.seen += comes(random) ? 1 : 0;
  }
  Search search(patches, known, std::move(suspicion));
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

TEST(Search, AGoodKernelIsLeftSoonAndTheLastOneTriedUntilItIsSure) {
  Search search(32, {5, 5});
  for (unsigned i = 0; i < search.trials_per_step(); ++i) search.saw(0, false);
  const auto first = search.next();
  ASSERT_TRUE(first);
  EXPECT_NEAR(*first, 16, 3) << "a sighting tells more than a miss";
  const unsigned row = search.in_a_row();
  EXPECT_GE(row, 1u);
  EXPECT_LT(row, search.trials_per_step()) << "a good one after it would speak for it too";
  for (unsigned i = 0; i < row; ++i) {
    EXPECT_EQ(search.next(), first);
    search.saw(*first, false);
  }
  EXPECT_NE(search.next(), first);
  Search two(2, {5, 5});
  for (unsigned i = 0; i < two.trials_per_step(); ++i) two.saw(0, false);
  EXPECT_EQ(two.next(), 1u);
  for (unsigned i = two.in_a_row(); i > 0; --i) two.saw(1, false);
  EXPECT_EQ(two.next(), std::nullopt) << "nothing is left but the second";
  EXPECT_EQ(two.in_a_row(), 0u);
}

TEST(Search, ForeseesTheStepsAfterThisOne) {
  Search search(32, {5, 5});
  EXPECT_EQ(search.after().size(), 1u) << "the base is taken for a good one";
  const unsigned middle = search.after().front();
  for (unsigned i = search.in_a_row(); i > 0; --i) search.saw(0, false);
  EXPECT_EQ(search.next(), middle);
  const auto after = search.after();
  ASSERT_EQ(after.size(), 2u);
  Search found = search, missed = search;
  found.saw(middle, true);
  for (unsigned i = search.in_a_row(); i > 0; --i) missed.saw(middle, false);
  EXPECT_EQ((std::set<unsigned>{*found.next(), *missed.next()}),
            (std::set<unsigned>{after[0], after[1]}));
  Search sure(32, {5, 5}, std::vector<double>(32, 1));
  for (unsigned i = 0; i < 4; ++i) sure.saw(0, false);
  for (unsigned i = 0; i < 6; ++i) sure.saw(21, false);
  sure.saw(24, true);
  EXPECT_EQ(sure.after().size(), 1u) << "if it is there, it is over";
}

TEST(Search, ASuspicionIsFollowedFirst) {
  std::mt19937 random(1);
  for (unsigned culprit = 1; culprit <= 32; ++culprit) {
    std::vector<double> suspicion(32, 1);
    suspicion[culprit - 1] = 64;
    const auto ended = search(32, culprit, 1, random, {}, suspicion);
    EXPECT_EQ(ended.suspects.at(0).patch, culprit);
    EXPECT_LE(ended.steps, 4u) << "the base, the two around it, and one by which they were found";
  }
}

TEST(Search, AWrongSuspicionCostsKernelsAndNoTruth) {
  std::mt19937 random(1);
  unsigned wrong = 0, steps = 0;
  for (unsigned i = 0; i < 200; ++i) {
    std::vector<double> suspicion(32, 1);
    for (const unsigned patch : {3, 4, 5, 17, 30}) suspicion[patch] = 64;
    const unsigned culprit = 6 + i % 10;
    const auto ended = search(32, culprit, i % 2 == 0 ? 1 : 0.5, random, {}, suspicion);
    wrong += ended.suspects.at(0).patch == culprit ? 0 : 1;
    steps += ended.steps;
  }
  EXPECT_LE(wrong, 10u);
  EXPECT_LE(steps, 200u * 9) << "two kernels more than without it, at most";
}

TEST(Search, ASuspicionMakesNobodyMoreProbable) {
  Search plain(8, {5, 5}), guided(8, {5, 5}, {1, 1, 1, 1, 1, 1, 64, 1});
  for (Search* one : {&plain, &guided})
    for (unsigned i = 0; i < 4; ++i) one->saw(0, false);
  EXPECT_NE(plain.next(), guided.next());
  for (Search* one : {&plain, &guided}) one->saw(3, false);
  EXPECT_EQ(plain.probabilities(), guided.probabilities());
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

// SPDX-License-Identifier: GPL-2.0-only
// Bisections of series that are made up, on kernels that are functions.
#include "harness/campaign/bisect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

namespace bioscope::campaign {
namespace {

using verdict::OracleState;
using verdict::TrialResult;
using verdict::Verdict;

const verdict::Finding kBug{
    .oracle = "bio_lifetime", .kind = "use_after_free", .fingerprint = "f00d", .summary = "used"};
const verdict::Finding kOops{
    .oracle = "console_clean", .kind = "splat:oops", .fingerprint = "0035", .summary = "oops"};

// A series and the kernels that it makes.
struct World {
  unsigned patches = 16;
  std::set<unsigned> culprits{11};
  double chance = 1;
  std::set<unsigned> broken{};  // do not compile
  std::set<unsigned> mute{};    // do not boot
  double loss = 0;              // the chance of a trial that says nothing
  bool reverts = true;
  bool oopses = false;  // besides
  std::string sound{};  // a scenario that shows no finding
  std::mt19937 random{7};

  std::vector<Entry> journal{};
  unsigned built = 0;
  unsigned ran = 0;
  unsigned most_at_once = 0;

  TrialResult trial(const std::set<unsigned>& present, unsigned last) {
    ++ran;
    if (mute.contains(last))
      return {.verdict = Verdict::kFail,
              .findings = {{.oracle = "guest", .kind = "boot", .fingerprint = "b007"}},
              .oracles = {{.oracle = "bio_lifetime", .state = OracleState::kUnjudged}},
              .reasons = {"it does not boot"}};
    if (std::bernoulli_distribution(loss)(random))
      return {.verdict = Verdict::kInconclusive,
              .oracles = {{.oracle = "bio_lifetime", .state = OracleState::kSatisfied}},
              .reasons = {"witness not seen: two"}};
    const bool here =
        std::ranges::any_of(culprits, [&](unsigned c) { return present.contains(c); });
    TrialResult result{.verdict = Verdict::kPass,
                       .oracles = {{.oracle = "bio_lifetime", .state = OracleState::kSatisfied}}};
    if (here && std::bernoulli_distribution(chance)(random)) {
      result.verdict = Verdict::kFail;
      result.oracles[0].state = OracleState::kViolated;
      result.findings.push_back(kBug);
    }
    if (oopses) {
      result.verdict = Verdict::kFail;
      result.findings.insert(result.findings.begin(), kOops);
    }
    return result;
  }

  // "17" has the first 17 patches; "17-3" all of them but the third.
  BisectOptions options() {
    return {
        .scenarios = {"dm/a"},
        .make = [this](unsigned n) -> Result<Made> {
          ++built;
          if (broken.contains(n)) return Made{.broken = "x.c:1:1: error: no"};
          return Made{.kernel = std::to_string(n)};
        },
        .make_without = [this](unsigned culprit) -> Result<Made> {
          ++built;
          if (!reverts) return Made{.broken = "it does not revert"};
          return Made{.kernel = fmt::format("{}-{}", patches, culprit)};
        },
        .run =
            [this](const BisectOptions::Order& order) -> Result<std::vector<BisectOptions::Ran>> {
          const auto& kernel = order.kernel;
          most_at_once = std::max(most_at_once, order.trials);
          const auto last = static_cast<unsigned>(std::stoul(kernel));
          std::set<unsigned> present;
          for (unsigned patch = 1; patch <= last; ++patch) present.insert(patch);
          if (const auto dash = kernel.find('-'); dash != kernel.npos)
            present.erase(static_cast<unsigned>(std::stoul(kernel.substr(dash + 1))));
          std::vector<BisectOptions::Ran> all;
          for (const std::string& scenario : order.scenarios)
            for (unsigned i = 0; i < order.trials; ++i) {
              all.push_back({.scenario = scenario,
                             .trial = trial(present, last),
                             .directory = "results/" + kernel});
              if (scenario == sound) all.back().trial.findings.clear();
              if (order.enough && order.enough(all.back().trial)) return all;
            }
          return all;
        },
        .record =
            [this](const Entry& entry) {
              journal.push_back(parse_entry(to_json(entry)).value());
              return Status();
            }};
  }

  std::vector<series::Patch> series() const {
    std::vector<series::Patch> all;
    for (unsigned i = 1; i <= patches; ++i)
      all.push_back({.name = fmt::format("{:04}.patch", i),
                     .subject = fmt::format("dm: patch {}", i),
                     .author = "A Developer <a@example.org>"});
    return all;
  }
};

// On a busy host half of the trials may come to nothing.
TEST(Bisect, ABusyHostCostsTrialsAndNoKernel) {
  unsigned found_it = 0;
  for (unsigned seed = 0; seed < 20; ++seed) {
    World world{.loss = 0.5, .random = std::mt19937(seed)};
    const auto found = bisect(world.patches, world.options()).value();
    found_it += found.ending == Ending::kFound ? 1 : 0;
    EXPECT_TRUE(std::ranges::any_of(found.suspects, [](auto one) { return one.patch == 11; }))
        << seed;
  }
  EXPECT_GE(found_it, 19u) << "ten in a row are one in a thousand";
  World lost{.loss = 1};
  const auto nothing = bisect(lost.patches, lost.options()).value();
  EXPECT_EQ(nothing.ending, Ending::kUnseen);
  EXPECT_EQ(nothing.trials, lost.options().trials);
}

TEST(Bisect, NamesTheCulpritAndVerifiesIt) {
  World world;
  const auto found = bisect(world.patches, world.options()).value();
  EXPECT_EQ(found.ending, Ending::kFound);
  EXPECT_EQ(found.suspects[0].patch, 11u);
  EXPECT_EQ(found.known.seen, 5u);
  EXPECT_EQ(found.reverted.seen, 0u);
  EXPECT_GE(found.reverted.trials, 3u);
  EXPECT_EQ(exit_code(found), 0);
  const auto text = to_text(found, world.series());
  EXPECT_THAT(text, ::testing::HasSubstr("culprit      11 of 16: dm: patch 11 (0011.patch)\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("A Developer"));
  EXPECT_THAT(text, ::testing::HasSubstr("verified: with it reverted on top of all, 0 of"));
}

TEST(Bisect, TrialsBesideEachOtherLeadToTheSamePlace) {
  World alone, beside;
  const auto one = bisect(alone.patches, alone.options()).value();
  auto options = beside.options();
  options.at_once = [](const std::string&) { return 3U; };
  const auto many = bisect(beside.patches, options).value();
  EXPECT_EQ(alone.most_at_once, 1u);
  EXPECT_EQ(beside.most_at_once, 3u);
  EXPECT_EQ(to_text(many, beside.series()), to_text(one, alone.series()));
  EXPECT_EQ(beside.ran, many.trials) << "none in vain";
  // The journal has those that were: it leads there too, and runs nothing.
  World again;
  auto resumed = again.options();
  resumed.at_once = options.at_once;
  resumed.journal = beside.journal;
  EXPECT_EQ(bisect(again.patches, resumed).value().suspects[0].patch, 11u);
  EXPECT_EQ(again.ran, 0u);
}

TEST(Bisect, ScenariosRunBesideEachOtherUntilOneShowsIt) {
  World world{.sound = "dm/a"};
  auto options = world.options();
  options.scenarios = {"dm/a", "dm/b", "dm/c"};
  std::vector<std::size_t> together;
  const auto run = options.run;
  options.run = [&](const BisectOptions::Order& order) {
    together.push_back(order.scenarios.size());
    return run(order);
  };
  const auto found = bisect(world.patches, options).value();
  EXPECT_EQ(found.scenario, "dm/b");
  EXPECT_EQ(found.suspects.at(0).patch, 11u);
  EXPECT_EQ(together.front(), 3u) << "all in one order, which ended with the second";
  EXPECT_EQ(together.at(1), 1u);
  for (std::size_t cut = 0; cut <= world.journal.size(); ++cut) {
    World again{.sound = "dm/a"};
    auto resumed = again.options();
    resumed.scenarios = options.scenarios;
    resumed.journal.assign(world.journal.begin(), world.journal.begin() + static_cast<long>(cut));
    EXPECT_EQ(bisect(again.patches, resumed).value().suspects.at(0).patch, 11u) << cut;
  }
}

TEST(Bisect, ASuspicionShortensTheWayAndIsKeptInTheJournal) {
  World blind, guided;
  const auto slow = bisect(blind.patches, blind.options()).value();
  auto options = guided.options();
  unsigned asked = 0;
  options.suspect = [&](const std::string& directory, const std::vector<verdict::Finding>& found) {
    ++asked;
    EXPECT_EQ(directory, "results/16");
    EXPECT_EQ(found.at(0).fingerprint, kBug.fingerprint);
    std::vector<double> weights(guided.patches, 1);
    weights[10] = 64;
    return weights;
  };
  const auto quick = bisect(guided.patches, options).value();
  EXPECT_EQ(quick.suspects.at(0).patch, 11u);
  EXPECT_GE(quick.suspects[0].probability, kSure);
  EXPECT_LT(quick.steps.size(), slow.steps.size());
  // An interrupted one goes on by it, whatever would be suspected now.
  World again;
  auto resumed = again.options();
  resumed.suspect = options.suspect;
  resumed.journal = guided.journal;
  EXPECT_EQ(bisect(again.patches, resumed).value().suspects.at(0).patch, 11u);
  EXPECT_EQ(asked, 1u);
  EXPECT_EQ(again.ran, 0u);
  EXPECT_FALSE(parse_entry(R"({"of":"suspicion","suspicion":[1,0]})"));
  EXPECT_FALSE(parse_entry(R"({"of":"suspicion","suspicion":1})"));
}

TEST(Bisect, WhatIsLikelyToComeIsForeseen) {
  World world;
  auto options = world.options();
  std::set<unsigned> foreseen, made;
  options.ahead = [&](const std::vector<unsigned>& patches) {
    foreseen.insert(patches.begin(), patches.end());
  };
  const auto make = options.make;
  options.make = [&](unsigned patches) {
    made.insert(patches);
    EXPECT_TRUE(patches == world.patches || foreseen.contains(patches)) << patches;
    return make(patches);
  };
  EXPECT_EQ(bisect(world.patches, options).value().ending, Ending::kFound);
  EXPECT_GT(made.size(), 4u);
}

TEST(Bisect, AFlakyFindingTakesMoreTrialsAndIsFoundAsSurely) {
  unsigned right = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    World world{.culprits = {5}, .chance = 0.2, .random = std::mt19937(seed)};
    auto options = world.options();
    options.trials = 100;
    const auto found = bisect(world.patches, options).value();
    right += found.ending == Ending::kFound && found.suspects[0].patch == 5 ? 1 : 0;
  }
  EXPECT_GE(right, 37u) << "of 40";
}

TEST(Bisect, ABaseThatShowsItClearsTheSeries) {
  World world{.culprits = {0}};
  auto options = world.options();
  options.run = [&](const BisectOptions::Order&) {
    return Result<std::vector<BisectOptions::Ran>>(
        {{.scenario = "dm/a", .trial = world.trial({0}, 0), .directory = {}}});
  };
  const auto found = bisect(world.patches, options).value();
  EXPECT_EQ(found.ending, Ending::kInBase);
  EXPECT_EQ(exit_code(found), 3);
  EXPECT_THAT(to_text(found, world.series()), ::testing::HasSubstr("what the base shows no patch"));
}

TEST(Bisect, WhatTheBaseShowsTooIsSetAsideForWhatThePatchesBrought) {
  World world{.sound = "dm/a"};
  auto options = world.options();
  options.scenarios = {"dm/a", "dm/b"};
  const auto run = options.run;
  options.run = [&](const BisectOptions::Order& order) {
    auto all = run(order);
    for (auto& one : *all)
      if (one.scenario == "dm/a") one.trial.findings.push_back(kOops);  // on every kernel
    return all;
  };
  const auto found = bisect(world.patches, options).value();
  EXPECT_EQ(found.ending, Ending::kFound);
  EXPECT_EQ(found.scenario, "dm/b");
  EXPECT_EQ(found.suspects.at(0).patch, 11u);
  ASSERT_EQ(found.in_base.size(), 1u);
  EXPECT_EQ(found.in_base[0].finding.fingerprint, kOops.fingerprint);
  EXPECT_THAT(to_text(found, world.series()), ::testing::HasSubstr("in the base  console_clean/"));
  for (std::size_t cut = 0; cut <= world.journal.size(); ++cut) {
    World again{.sound = "dm/a"};
    auto resumed = again.options();
    resumed.scenarios = options.scenarios;
    const auto plain = resumed.run;
    resumed.run = [&](const BisectOptions::Order& order) {
      auto all = plain(order);
      for (auto& one : *all)
        if (one.scenario == "dm/a") one.trial.findings.push_back(kOops);
      return all;
    };
    resumed.journal.assign(world.journal.begin(), world.journal.begin() + static_cast<long>(cut));
    const auto same = bisect(again.patches, resumed);
    ASSERT_TRUE(same) << cut << ": " << same.error().text();
    EXPECT_EQ(same->suspects.at(0).patch, 11u) << cut;
  }
  // One that was named is not exchanged for another.
  options.wanted = signature(kOops);
  const auto named = bisect(world.patches, options).value();
  EXPECT_EQ(named.ending, Ending::kInBase);
  EXPECT_EQ(named.finding.fingerprint, kOops.fingerprint);
}

TEST(Bisect, TwoCulpritsAreToldByTheRevert) {
  World world{.culprits = {4, 9}};
  const auto found = bisect(world.patches, world.options()).value();
  EXPECT_EQ(found.suspects[0].patch, 4u) << "the first";
  EXPECT_TRUE(found.second_cause());
  EXPECT_EQ(exit_code(found), 1);
  EXPECT_THAT(to_text(found, world.series()), ::testing::HasSubstr("another patch"));
}

TEST(Bisect, WhatDoesNotCompileOrBootIsLeftOut) {
  World world{.broken = {8}, .mute = {12}};
  auto found = bisect(world.patches, world.options()).value();
  EXPECT_EQ(found.ending, Ending::kFound);
  EXPECT_EQ(found.suspects[0].patch, 11u);
  World worse{.broken = {10, 11}};
  found = bisect(worse.patches, worse.options()).value();
  EXPECT_EQ(found.ending, Ending::kSuspects);
  std::set<unsigned> suspects;
  for (const auto& one : found.suspects) suspects.insert(one.patch);
  EXPECT_EQ(suspects, (std::set<unsigned>{10, 11, 12}));
  EXPECT_EQ(exit_code(found), 3);
}

TEST(Bisect, ABaseOrAnEndThatCannotBeHadBlamesNobody) {
  World world{.broken = {0}};
  auto found = bisect(world.patches, world.options()).value();
  EXPECT_EQ(found.ending, Ending::kNoBase);
  EXPECT_THAT(to_text(found, world.series()), ::testing::HasSubstr("no patch is blamed"));
  World mute{.mute = {0}};
  EXPECT_EQ(bisect(mute.patches, mute.options()).value().ending, Ending::kNoBase);
  World end{.broken = {16}};
  EXPECT_EQ(bisect(end.patches, end.options()).value().ending, Ending::kNoEnd);
}

TEST(Bisect, AFindingThatVanishesIsSaidToHave) {
  World world{.culprits = {}};
  const auto found = bisect(world.patches, world.options()).value();
  EXPECT_EQ(found.ending, Ending::kUnseen);
  EXPECT_EQ(found.trials, 30u);
  EXPECT_THAT(to_text(found, world.series()), ::testing::HasSubstr("less than 11.6 %"));
}

TEST(Bisect, OneThatWasNamedAndDidNotComeIsToldFromThoseThatDid) {
  World world;
  auto options = world.options();
  options.wanted = {.oracle = "bio_lifetime", .fingerprint = "123"};
  options.trials = 3;
  const auto found = bisect(world.patches, options).value();
  EXPECT_EQ(found.ending, Ending::kUnseen);
  const auto text = to_text(found, world.series());
  EXPECT_THAT(text, ::testing::HasSubstr("no trial of 3 at the end of the series showed "
                                         "bio_lifetime/123; "));
  EXPECT_THAT(text, ::testing::HasSubstr("seen         bio_lifetime/use_after_free in 3 of them"));
}

TEST(Bisect, WhatAnOracleProvedGoesBeforeTheConsole) {
  World world{.oopses = true};
  const auto found = bisect(world.patches, world.options()).value();
  EXPECT_EQ(found.finding.oracle, "bio_lifetime");
  EXPECT_EQ(found.suspects[0].patch, 11u) << "although every kernel oopses";
  ASSERT_EQ(found.others.size(), 1u);
  EXPECT_EQ(found.others[0].second, 5u);
  auto options = world.options();
  options.wanted = signature(kOops);
  EXPECT_EQ(bisect(world.patches, options).value().ending, Ending::kInBase);
}

TEST(Bisect, APatchThatDoesNotRevertIsFoundAllTheSame) {
  World world{.reverts = false};
  const auto found = bisect(world.patches, world.options()).value();
  EXPECT_EQ(found.ending, Ending::kFound);
  EXPECT_THAT(to_text(found, world.series()), ::testing::HasSubstr("not verified: it does not"));
}

TEST(Bisect, AnInterruptedOneGoesOnWhereItStopped) {
  World whole{.broken = {8}};
  const auto expected = bisect(whole.patches, whole.options()).value();
  for (std::size_t cut = 0; cut <= whole.journal.size(); ++cut) {
    World again{.broken = {8}};
    auto options = again.options();
    options.journal.assign(whole.journal.begin(), whole.journal.begin() + static_cast<long>(cut));
    const auto found = bisect(again.patches, options).value();
    EXPECT_EQ(found.suspects[0].patch, expected.suspects[0].patch) << cut;
    EXPECT_EQ(found.trials, expected.trials) << cut;
    EXPECT_EQ(again.ran + found.again, expected.trials) << cut;
    EXPECT_EQ(again.journal.size() + cut, whole.journal.size()) << "nothing is noted twice";
  }
}

TEST(Bisect, AJournalOfSomethingElseIsRefused) {
  World world;
  static_cast<void>(bisect(world.patches, world.options()));
  World other{.patches = 9};
  auto options = other.options();
  options.journal = world.journal;
  const auto refused = bisect(other.patches, options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().blame, Blame::kUsage);
  EXPECT_THAT(refused.error().what, ::testing::HasSubstr("--restart"));
  EXPECT_FALSE(parse_entry("{}"));
  EXPECT_FALSE(parse_entry("x"));
}

TEST(Bisect, TheHostsFaultsStopIt) {
  World world;
  auto options = world.options();
  options.run = [](const BisectOptions::Order&) {
    return Result<std::vector<BisectOptions::Ran>>(
        {{.scenario = "dm/a",
          .trial = {.verdict = Verdict::kInfra, .reasons = {"no libvirt"}},
          .directory = {}}});
  };
  const auto stopped = bisect(world.patches, options);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().blame, Blame::kHost);
}

}  // namespace
}  // namespace bioscope::campaign

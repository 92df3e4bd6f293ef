// SPDX-License-Identifier: GPL-2.0-only
#include "harness/campaign/kill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace bioscope::campaign {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using verdict::Finding;
using verdict::RunResult;
using verdict::Verdict;

const Mutant kMutant{.name = "01-a",
                     .breaks = "a clone is put twice",
                     .oracle = "bio_lifetime",
                     .kind = "double_free",
                     .module = "dm_mod",
                     .scenarios = {"dm/stacked"},
                     .silent = true};

RunResult run(std::string scenario, Verdict verdict, std::vector<Finding> findings = {},
              std::vector<std::string> reasons = {}) {
  RunResult result{.scenario = std::move(scenario), .directory = "results/run"};
  result.trials.push_back({.verdict = verdict,
                           .seconds = 5,
                           .findings = std::move(findings),
                           .reasons = std::move(reasons)});
  return result;
}

const Finding kNamed{.oracle = "bio_lifetime", .kind = "double_free", .summary = "twice"};
const Finding kOtherKind{.oracle = "bio_lifetime", .kind = "use_after_free", .summary = "late"};
const Finding kSplat{.oracle = "console_clean", .kind = "splat:oops", .summary = "oops"};
const Finding kHang{.oracle = "guest", .kind = "hang:no-progress", .summary = "hangs"};

RunResult failed(std::vector<Finding> findings) {
  return run("dm/stacked", Verdict::kFail, std::move(findings));
}

TEST(Kill, ByTheOracleThatIsNamed) {
  const Kill kill =
      weigh(kMutant,
            {.provoked = {run("dm/stacked", Verdict::kPass), failed({kOtherKind, kNamed, kNamed})},
             .build_seconds = 12});
  EXPECT_EQ(kill.fate, Fate::kKilled);
  EXPECT_TRUE(kill.good());
  EXPECT_EQ(kill.trials, 2u);
  EXPECT_EQ(kill.seconds, 10);
  EXPECT_EQ(kill.scenario, "dm/stacked");
  EXPECT_THAT(kill.by, ElementsAre("bio_lifetime:double_free", "bio_lifetime:use_after_free"));
  EXPECT_EQ(exit_code(std::vector{kill}), 0);
}

TEST(Kill, AnyKindWillDoWhereNoneIsNamed) {
  Mutant mutant = kMutant;
  mutant.kind.clear();
  EXPECT_EQ(weigh(mutant, {.provoked = {failed({kOtherKind})}}).fate, Fate::kKilled);
  EXPECT_EQ(weigh(kMutant, {.provoked = {failed({kOtherKind})}}).fate, Fate::kAnother);
}

TEST(Kill, ByAnotherByTheConsoleOrNotAtAll) {
  const auto fate = [](std::vector<RunResult> runs) {
    return weigh(kMutant, {.provoked = std::move(runs)}).fate;
  };
  EXPECT_EQ(fate({failed({kOtherKind, kSplat})}), Fate::kAnother);
  EXPECT_EQ(fate({failed({kSplat, kHang})}), Fate::kConsole);
  EXPECT_EQ(fate({run("dm/stacked", Verdict::kPass)}), Fate::kSurvived);
  EXPECT_EQ(fate({run("dm/stacked", Verdict::kInconclusive)}), Fate::kUnclear);
  EXPECT_EQ(fate({}), Fate::kUnclear);
  EXPECT_EQ(weigh(kMutant, {.broken = "dm.c:1: error"}).fate, Fate::kBroken);
}

TEST(Kill, WhatIsNotClearSaysWhy) {
  const Kill kill = weigh(
      kMutant, {.provoked = {run("dm/stacked", Verdict::kInconclusive, {}, {"witness not seen"})}});
  EXPECT_EQ(kill.why, "witness not seen");
  EXPECT_EQ(exit_code(std::vector{kill}), 3);
}

TEST(Kill, SilentIsHeldAgainstTheConsole) {
  EXPECT_THAT(weigh(kMutant, {.provoked = {failed({kNamed})}}).untrue, IsEmpty());
  const Kill loud = weigh(kMutant, {.provoked = {failed({kNamed, kSplat})}});
  EXPECT_EQ(loud.fate, Fate::kKilled);
  EXPECT_THAT(loud.untrue, ElementsAre("it is not silent"));
  EXPECT_EQ(exit_code(std::vector{loud}), 1);
}

TEST(Kill, QuietRunsPassWhereTheFileSaysSo) {
  Mutant mutant = kMutant;
  mutant.quiet_passes = true;
  const Tried tried{.quiet = {failed({kNamed})}, .provoked = {failed({kNamed})}};
  EXPECT_THAT(weigh(mutant, tried).untrue,
              ElementsAre(HasSubstr("dm/stacked does not pass without the plan")));
  EXPECT_TRUE(weigh(kMutant, tried).good());
}

TEST(Kill, ADisturbedScenarioIsNamed) {
  const Kill kill = weigh(kMutant, {.provoked = {failed({kNamed})},
                                    .undisturbed = {run("dm/polled", Verdict::kPass),
                                                    run("dm/delayed", Verdict::kFail, {kSplat})}});
  EXPECT_EQ(kill.fate, Fate::kKilled);
  EXPECT_EQ(kill.undisturbed, 1u);
  EXPECT_THAT(kill.disturbed, ElementsAre("dm/delayed FAIL: console_clean:splat:oops oops"));
  EXPECT_FALSE(kill.good());
  EXPECT_EQ(exit_code(std::vector{kill}), 1);
}

TEST(Kill, WhatTheHostKeptFromRunningIsNotDisturbed) {
  const Kill kill =
      weigh(kMutant, {.provoked = {failed({kNamed})},
                      .undisturbed = {run("dm/polled", Verdict::kInfra, {}, {"no memory"}),
                                      run("dm/delayed", Verdict::kSkip)}});
  EXPECT_THAT(kill.disturbed, IsEmpty());
  EXPECT_THAT(kill.not_run, ElementsAre("dm/polled INFRA: no memory"));
  EXPECT_EQ(kill.undisturbed, 0u);
  EXPECT_FALSE(kill.good());
  EXPECT_EQ(exit_code(std::vector{kill}), 3);
}

TEST(KillTable, HasARowForEachAndACount) {
  const std::vector<Kill> kills{weigh(kMutant, {.provoked = {failed({kNamed})}}),
                                weigh(kMutant, {.provoked = {run("dm/stacked", Verdict::kPass)}})};
  EXPECT_THAT(row(kills[0]),
              AllOf(HasSubstr("01-a"), HasSubstr("killed"), HasSubstr("5.0"),
                    HasSubstr("bio_lifetime:double_free"), Not(HasSubstr("results"))));
  EXPECT_THAT(row(kills[1]), AllOf(HasSubstr("survived"), HasSubstr("results/run")));
  EXPECT_EQ(closing(kills), "1 killed, 1 survived\n");
  EXPECT_EQ(exit_code(kills), 1);
}

TEST(KillTable, AsJson) {
  const std::vector<Kill> kills{weigh(kMutant, {.provoked = {failed({kNamed})}})};
  const auto json = nlohmann::json::parse(to_json("debian:6.1", kills));
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["source"], "debian:6.1");
  const auto& mutant = json["mutants"][0];
  EXPECT_EQ(mutant["name"], "01-a");
  EXPECT_EQ(mutant["fate"], "killed");
  EXPECT_EQ(mutant["good"], true);
  EXPECT_EQ(mutant["by"][0], "bio_lifetime:double_free");
}

}  // namespace
}  // namespace bioscope::campaign

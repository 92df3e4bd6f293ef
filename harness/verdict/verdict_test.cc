// SPDX-License-Identifier: GPL-2.0-only
#include "harness/verdict/verdict.h"

#include <gtest/gtest.h>

#include "harness/verdict/fingerprint.h"

namespace bioscope::verdict {
namespace {

TEST(Reduce, TheHeaviestWins) {
  using enum Verdict;
  const Verdict order[] = {kSkip, kPass, kInconclusive, kInfra, kFail};
  for (std::size_t heavy = 0; heavy < 5; ++heavy)
    for (std::size_t light = 0; light <= heavy; ++light) {
      const Verdict both[] = {order[light], order[heavy]};
      EXPECT_EQ(reduce(both), order[heavy]);
    }
  EXPECT_EQ(reduce({}), kSkip);
}

TEST(Verdict, ExitCodesAreTheContract) {
  EXPECT_EQ(exit_code(Verdict::kPass), 0);
  EXPECT_EQ(exit_code(Verdict::kFail), 1);
  EXPECT_EQ(exit_code(Verdict::kInconclusive), 3);
  EXPECT_EQ(exit_code(Verdict::kInfra), 69);
  EXPECT_EQ(exit_code(Verdict::kSkip), 77);
  EXPECT_EQ(exit_code(std::span<const RunResult>{}), 77);
}

TEST(Run, ARetryAfterInfraStandsForItsTrial) {
  RunResult run;
  run.trials.push_back({.number = 1, .verdict = Verdict::kPass});
  run.trials.push_back({.number = 2, .verdict = Verdict::kInfra});
  EXPECT_EQ(run.verdict(), Verdict::kInfra);
  run.trials.push_back({.number = 2, .attempt = 1, .verdict = Verdict::kPass});
  EXPECT_EQ(run.verdict(), Verdict::kPass);
}

TEST(Run, AMetaScenarioPassesIfItReceivesWhatItDeclares) {
  RunResult run{.expected = "FAIL", .expected_finding = "splat:oops"};
  run.trials.push_back({.verdict = Verdict::kFail});
  EXPECT_EQ(run.effective(), Verdict::kFail) << "the right verdict for another reason";
  run.trials[0].findings.push_back({.oracle = "console_clean", .kind = "splat:oops"});
  EXPECT_EQ(run.effective(), Verdict::kPass);
  run.trials[0].verdict = Verdict::kPass;
  EXPECT_EQ(run.effective(), Verdict::kFail);
  run.trials.clear();
  EXPECT_EQ(run.effective(), Verdict::kFail) << "nothing ran";
}

TEST(Run, OraclesTakeTheWeightiestStateOfAllTrials) {
  RunResult run;
  run.trials.push_back({.number = 1, .oracles = {{"a", OracleState::kSatisfied, ""}}});
  run.trials.push_back({.number = 2, .oracles = {{"a", OracleState::kUnjudged, "lost"}}});
  ASSERT_EQ(run.oracles().size(), 1u);
  EXPECT_EQ(run.oracles()[0].state, OracleState::kUnjudged);
}

TEST(Fingerprint, KnowsCodeAndNotAddresses) {
  Finding one{.oracle = "bio_lifetime",
              .kind = "use_after_free",
              .summary = "bio 0x1234",
              .frames = {"bpf_trampoline_1+0x2", "bio_endio+0x12", "clone_endio+0x40 [dm_mod]"}};
  Finding other = one;
  other.summary = "bio 0x9999";
  other.frames = {"bio_endio+0x99", "clone_endio.part.0+0x41 [dm_mod]"};
  EXPECT_EQ(fingerprint(one), fingerprint(other));
  other.frames[1] = "crypt_endio+0x1";
  EXPECT_NE(fingerprint(one), fingerprint(other));
  other = one;
  other.kind = "double_free";
  EXPECT_NE(fingerprint(one), fingerprint(other));
}

TEST(Fingerprint, AssertionsAreToldApartByTheirTextWithoutNumbers) {
  const auto of = [](const char* summary) {
    return fingerprint({.oracle = "assertion", .kind = "assertion", .summary = summary});
  };
  EXPECT_EQ(of("a.cc:10: Expected 0x1f4 got 500"), of("a.cc:12: Expected 0x2ab got 1"));
  EXPECT_NE(of("a.cc:10: Expected"), of("b.cc:10: Expected"));
}

}  // namespace
}  // namespace bioscope::verdict

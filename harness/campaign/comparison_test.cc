// SPDX-License-Identifier: GPL-2.0-only
// Sightings and comparisons of runs that are made up.
#include "harness/campaign/comparison.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace bioscope::campaign {
namespace {

using verdict::OracleState;
using verdict::RunResult;
using verdict::TrialResult;
using verdict::Verdict;

const verdict::Finding kBug{
    .oracle = "bio_lifetime", .kind = "use_after_free", .fingerprint = "f00d", .summary = "used"};
const verdict::Finding kOops{
    .oracle = "console_clean", .kind = "splat:oops", .fingerprint = "0035", .summary = "oops"};

TrialResult passed() {
  return {.verdict = Verdict::kPass,
          .oracles = {{.oracle = "bio_lifetime", .state = OracleState::kSatisfied}}};
}
TrialResult failed(const verdict::Finding& finding = kBug) {
  return {.verdict = Verdict::kFail,
          .findings = {finding},
          .oracles = {{.oracle = "bio_lifetime",
                       .state = finding.oracle == "bio_lifetime" ? OracleState::kViolated
                                                                 : OracleState::kSatisfied}}};
}
TrialResult nothing(Verdict verdict, std::string reason = {}) {
  return {.verdict = verdict, .reasons = {std::move(reason)}};
}

RunResult run(std::string scenario, unsigned good, unsigned bad,
              const verdict::Finding& finding = kBug) {
  RunResult result{.scenario = std::move(scenario), .directory = "results/r", .replay = "again"};
  for (unsigned i = 0; i < good; ++i) result.trials.push_back(passed());
  for (unsigned i = 0; i < bad; ++i) result.trials.push_back(failed(finding));
  return result;
}

Row only(const RunResult& base, const RunResult& patched) {
  const auto comparison = compare(std::vector{base}, std::vector{patched});
  EXPECT_EQ(comparison.rows.size(), 1u);
  return comparison.rows.at(0);
}

TEST(Sighting, ATrialSaysYesNoOrNothing) {
  const auto wanted = signature(kBug);
  EXPECT_EQ(sighted(failed(), wanted), true);
  EXPECT_EQ(sighted(passed(), wanted), false);
  EXPECT_EQ(sighted(failed(kOops), wanted), false) << "another bug; this oracle was judged";
  EXPECT_EQ(sighted(nothing(Verdict::kInfra), wanted), std::nullopt);
  EXPECT_EQ(sighted(nothing(Verdict::kInconclusive), wanted), std::nullopt);
  auto unjudged = passed();
  unjudged.oracles[0].state = OracleState::kUnjudged;
  EXPECT_EQ(sighted(unjudged, wanted), std::nullopt) << "loss";
}

TEST(Sighting, AnAssertionOfAGuestThatDiedIsNotDenied) {
  const Signature wanted{"assertion", "1"};
  EXPECT_EQ(sighted(passed(), wanted), false);
  EXPECT_EQ(sighted(failed({.oracle = "guest", .kind = "panic"}), wanted), std::nullopt);
}

TEST(Sighting, AFindingIsNamedAsReportsDo) {
  EXPECT_EQ(parse_signature("bio_lifetime/f00d").value(), signature(kBug));
  EXPECT_EQ(sighted(failed(), parse_signature("f00d").value()), true);
  EXPECT_EQ(sighted(passed(), parse_signature("f00d").value()), false);
  EXPECT_EQ(parse_signature("").value(), Signature{});
  for (const char* bad : {"x", "/f00d", "bio_lifetime/", "/"})
    EXPECT_FALSE(parse_signature(bad)) << bad;
}

TEST(Comparison, AlwaysAgainstNeverDecidesFromFiveTrialsOn) {
  auto row = only(run("dm/a", 5, 0), run("dm/a", 0, 5));
  EXPECT_EQ(row.change, Change::kRegressed);
  EXPECT_EQ(row.finding.fingerprint, "f00d");
  EXPECT_EQ(row.directory, "results/r");
  EXPECT_EQ(only(run("dm/a", 0, 5), run("dm/a", 5, 0)).change, Change::kFixed);
  row = only(run("dm/a", 3, 0), run("dm/a", 0, 3));
  EXPECT_EQ(row.change, Change::kUndecided) << "1 of 20";
  EXPECT_EQ(row.decides, 4u);
}

TEST(Comparison, WhatBothHaveIsStillThere) {
  EXPECT_EQ(only(run("dm/a", 0, 5), run("dm/a", 0, 5)).change, Change::kStillFailing);
  EXPECT_EQ(only(run("dm/a", 4, 1), run("dm/a", 2, 3)).change, Change::kStillFailing);
  EXPECT_EQ(only(run("dm/a", 38, 2), run("dm/a", 5, 35)).change, Change::kRegressed)
      << "rare before, common now";
  EXPECT_EQ(only(run("dm/a", 5, 0), run("dm/a", 5, 0)).change, Change::kStillPassing);
}

TEST(Comparison, AnotherFingerprintIsAnotherRow) {
  const auto comparison =
      compare(std::vector{run("dm/a", 0, 5)}, std::vector{run("dm/a", 0, 5, kOops)});
  ASSERT_EQ(comparison.rows.size(), 2u);
  EXPECT_EQ(comparison.rows[0].change, Change::kRegressed);
  EXPECT_EQ(comparison.rows[0].finding.oracle, "console_clean");
  EXPECT_EQ(comparison.rows[1].change, Change::kFixed);
  EXPECT_EQ(exit_code(comparison), 1);
}

TEST(Comparison, ManyScenariosNeedMoreTrials) {
  std::vector<RunResult> base, patched;
  for (int i = 0; i < 20; ++i) {
    base.push_back(run(fmt::format("dm/{}", i), 10, 0));
    patched.push_back(run(fmt::format("dm/{}", i), 5, 5));
  }
  const auto alone = only(base[0], patched[0]);
  EXPECT_EQ(alone.change, Change::kRegressed) << "p = 0.016";
  const auto together = compare(base, patched);
  EXPECT_EQ(count(together, Change::kUndecided), 20u);
  EXPECT_GT(together.rows[0].decides.value_or(0), 10u);
  EXPECT_EQ(exit_code(together), 3);
}

TEST(Comparison, WhatSaysNothingBlamesNobody) {
  RunResult infra{.scenario = "dm/a", .trials = {nothing(Verdict::kInfra, "no libvirt")}};
  auto row = only(infra, run("dm/a", 0, 5));
  EXPECT_EQ(row.change, Change::kUndecided);
  EXPECT_EQ(row.why, "no trial on the base says anything of it");
  row = only(run("dm/a", 5, 0), infra);
  EXPECT_EQ(row.change, Change::kUndecided);
  EXPECT_EQ(row.why, "no trial on the patched one says anything: INFRA: no libvirt");
  RunResult skip{.scenario = "dm/a", .trials = {nothing(Verdict::kSkip, "no brd")}};
  row = only(skip, skip);
  EXPECT_EQ(row.change, Change::kSkipped);
  EXPECT_EQ(exit_code(compare(std::vector{skip}, std::vector{skip})), 0);
}

}  // namespace
}  // namespace bioscope::campaign

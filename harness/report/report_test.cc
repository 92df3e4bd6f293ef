// SPDX-License-Identifier: GPL-2.0-only
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "harness/report/json.h"
#include "harness/report/junit.h"
#include "harness/report/ktap.h"

namespace bioscope::report {
namespace {

using ::testing::HasSubstr;
using verdict::OracleState;
using verdict::Verdict;

std::vector<verdict::RunResult> some_runs() {
  verdict::RunResult good{.scenario = "dm/linear", .directory = "runs/a", .seconds = 3.5};
  good.trials.push_back({.verdict = Verdict::kPass,
                         .oracles = {{"bio_lifetime", OracleState::kSatisfied, ""}},
                         .events = 10});
  verdict::RunResult bad{.scenario = "dm/crypt", .directory = "runs/b", .seconds = 4};
  bad.trials.push_back(
      {.number = 0,
       .verdict = Verdict::kFail,
       .findings = {{.oracle = "bio_lifetime",
                     .kind = "use_after_free",
                     .fingerprint = "00000000000000ab",
                     .summary = "bio 0x1 <was> used # \x1b[2J\n & freed"}},
       .oracles = {{"bio_lifetime", OracleState::kViolated, ""},
                   {"completes_once", OracleState::kUnjudged, "records were lost"}},
       .reasons = {"use_after_free: bio 0x1 <was> used # \x1b[2J\n & freed"},
       .events = 20,
       .lost = 2});
  verdict::RunResult skipped{.scenario = "btt/rw_page"};
  skipped.trials.push_back({.verdict = Verdict::kSkip, .reasons = {"unmet need: module:nd_btt"}});
  return {good, bad, skipped};
}

TEST(Json, HoldsTheContract) {
  const auto object =
      nlohmann::json::parse(to_json({.spec = "stock", .release = "6.1.0"}, some_runs()));
  EXPECT_EQ(object["schema"], 1);
  EXPECT_EQ(object["kernel"]["release"], "6.1.0");
  ASSERT_EQ(object["runs"].size(), 3u);
  const auto& run = object["runs"][1];
  EXPECT_EQ(run["scenario"], "dm/crypt");
  EXPECT_EQ(run["verdict"], "FAIL");
  EXPECT_EQ(run["directory"], "runs/b");
  EXPECT_EQ(run["seconds"], 4);
  EXPECT_EQ(run["lost"], 2);
  EXPECT_EQ(run["trials"].size(), 1u);
  EXPECT_EQ(run["findings"][0]["oracle"], "bio_lifetime");
  EXPECT_EQ(run["findings"][0]["kind"], "use_after_free");
  EXPECT_EQ(run["findings"][0]["fingerprint"], "00000000000000ab");
  EXPECT_EQ(run["oracles"]["bio_lifetime"], "violated");
  EXPECT_EQ(run["oracles"]["completes_once"], "unjudged");
  EXPECT_FALSE(run.contains("expected"));
}

TEST(Json, BytesThatAreNoTextStayJson) {
  auto runs = some_runs();
  runs[1].trials[0].findings[0].summary = "\xff\xfe";
  EXPECT_TRUE(nlohmann::json::accept(to_json({}, runs)));
}

TEST(Junit, IsWellFormedAndCounts) {
  pugi::xml_document document;
  const std::string xml = to_junit({.release = "6.1.0"}, some_runs());
  ASSERT_TRUE(document.load_string(xml.c_str())) << xml;
  const auto suites = document.child("testsuites");
  const auto bad = suites.find_child_by_attribute("testsuite", "name", "dm/crypt");
  EXPECT_EQ(bad.attribute("failures").as_int(), 1);
  EXPECT_STREQ(bad.child("testcase").child("failure").attribute("type").value(),
               "bio_lifetime/use_after_free");
  EXPECT_EQ(xml.find('\x1b'), std::string::npos);
  const auto skip = suites.find_child_by_attribute("testsuite", "name", "btt/rw_page");
  EXPECT_EQ(skip.attribute("skipped").as_int(), 1);
}

TEST(Junit, CapsWhatIsLong) {
  auto runs = some_runs();
  runs[1].trials[0].reasons.assign(1000, std::string(1000, 'x'));
  EXPECT_LT(to_junit({}, runs).size(), 60'000u);
}

TEST(Ktap, NestsOraclesAndKeepsDirectivesApart) {
  const std::string ktap = to_ktap(some_runs());
  EXPECT_THAT(ktap, ::testing::StartsWith("KTAP version 1\n1..3\n"));
  EXPECT_THAT(ktap, HasSubstr("\nok 1 dm/linear\n"));
  EXPECT_THAT(ktap, HasSubstr("\nnot ok 2 dm/crypt\n"));
  EXPECT_THAT(ktap, HasSubstr("\n  not ok 1 bio_lifetime\n"));
  EXPECT_THAT(ktap, HasSubstr("\n  not ok 2 completes_once # ERROR unjudged: records were lost\n"));
  EXPECT_THAT(ktap, HasSubstr("\nok 3 btt/rw_page # SKIP unmet need: module:nd_btt\n"));
  EXPECT_EQ(ktap.find('\x1b'), std::string::npos);
}

TEST(Ktap, AnEmptySelectionIsAnEmptyPlan) {
  EXPECT_EQ(to_ktap({}), "KTAP version 1\n1..0\n");
}

}  // namespace
}  // namespace bioscope::report

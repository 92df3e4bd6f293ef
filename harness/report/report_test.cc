// SPDX-License-Identifier: GPL-2.0-only
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>

#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "harness/report/json.h"
#include "harness/report/junit.h"
#include "harness/report/ktap.h"

namespace bioscope::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using verdict::OracleState;
using verdict::RunResult;
using verdict::Verdict;

constexpr std::string_view kHostile = "bio 0x1 <was> \"used\" # ok 9 \x1b[2J\n & ]]> freed \xff";

std::vector<RunResult> some_runs() {
  RunResult good{.scenario = "dm/linear", .directory = "runs/a", .seconds = 3.5};
  good.trials.push_back({.verdict = Verdict::kPass,
                         .oracles = {{"bio_lifetime", OracleState::kSatisfied, ""},
                                     {"rw_page", OracleState::kNotApplicable, "gone with 6.3"}},
                         .witnesses = {{"split", 3}},
                         .events = 10});
  RunResult bad{.scenario = "dm/crypt", .directory = "runs/b", .seconds = 4};
  bad.trials.push_back(
      {.verdict = Verdict::kFail,
       .findings = {{.oracle = "bio_lifetime",
                     .kind = "use_after_free",
                     .fingerprint = "00000000000000ab",
                     .summary = std::string(kHostile),
                     .frames = {"f [dm_mod]"}}},
       .oracles = {{"bio_lifetime", OracleState::kViolated, ""},
                   {"completes_once", OracleState::kUnjudged, "records were lost"}},
       .witnesses = {{"split", 0}},
       .reasons = {"use_after_free: " + std::string(kHostile)},
       .events = 20,
       .lost = 2});
  RunResult skipped{.scenario = "btt/rw_page"};
  skipped.trials.push_back({.verdict = Verdict::kSkip, .reasons = {"unmet need: module:nd_btt"}});
  RunResult hung{.scenario = "dm/suspend"};
  hung.trials.push_back({.verdict = Verdict::kFail,
                         .findings = {{.oracle = "guest", .kind = "hang:no-progress"}},
                         .reasons = {"no progress for 20 s"}});
  RunResult starved{.scenario = "dm/stripe"};
  starved.trials.push_back({.verdict = Verdict::kInconclusive, .reasons = {"the host was busy"}});
  RunResult lost{.scenario = "dm/stack"};
  lost.trials.push_back({.attempt = 0, .verdict = Verdict::kInfra, .reasons = {"QEMU never ran"}});
  lost.trials.push_back({.attempt = 1, .verdict = Verdict::kPass});
  return {good, bad, skipped, hung, starved, lost};
}

RunResult meta_run() {
  RunResult run{.scenario = "meta/oops", .expected = "FAIL", .expected_finding = "splat:oops"};
  run.trials.push_back({.verdict = Verdict::kFail,
                        .findings = {{.oracle = "console_clean", .kind = "splat:oops"}},
                        .oracles = {{"console_clean", OracleState::kViolated, "an oops"}}});
  return run;
}

// ---- JSON ----

TEST(Json, HoldsTheContract) {
  const auto object =
      nlohmann::json::parse(to_json({.spec = "stock", .release = "6.1.0"}, some_runs()));
  EXPECT_EQ(object["schema"], 1);
  EXPECT_EQ(object["kernel"]["release"], "6.1.0");
  ASSERT_EQ(object["runs"].size(), 6u);
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
  EXPECT_THAT(run["findings"][0]["summary"].get<std::string>(), HasSubstr("\x1b[2J\n & ]]> freed"));
  EXPECT_EQ(run["oracles"]["bio_lifetime"], "violated");
  EXPECT_EQ(run["oracles"]["completes_once"], "unjudged");
  EXPECT_FALSE(run.contains("expected"));
  EXPECT_EQ(object["runs"][5]["verdict"], "PASS");
  EXPECT_EQ(object["runs"][5]["trials"].size(), 2u);
}

TEST(Json, AMetaRunKeepsItsVerdictAndSaysWhetherItWasExpected) {
  const auto object = nlohmann::json::parse(to_json({}, {{meta_run()}}));
  EXPECT_EQ(object["runs"][0]["verdict"], "FAIL");
  EXPECT_EQ(object["runs"][0]["as_expected"], true);
}

TEST(Json, AnEmptySelectionIsAnEmptyList) {
  const auto object = nlohmann::json::parse(to_json({}, {}));
  EXPECT_THAT(object["runs"], IsEmpty());
  EXPECT_TRUE(object["runs"].is_array());
}

// ---- JUnit ----

pugi::xml_document parsed(const std::string& xml) {
  pugi::xml_document document;
  const auto result = document.load_string(xml.c_str());
  EXPECT_TRUE(result) << result.description() << "\n" << xml;
  return document;
}

TEST(Junit, CountsFailuresErrorsAndSkips) {
  const auto document = parsed(to_junit({.release = "6.1.0"}, some_runs()));
  const auto suites = document.child("testsuites");
  EXPECT_EQ(suites.attribute("tests").as_int(), 6);
  EXPECT_EQ(suites.attribute("failures").as_int(), 2);
  EXPECT_EQ(suites.attribute("errors").as_int(), 1);
  EXPECT_EQ(suites.attribute("skipped").as_int(), 1);
  const auto test = [&](const char* name) {
    return suites.find_child_by_attribute("testsuite", "name", name).child("testcase");
  };
  EXPECT_STREQ(test("dm/crypt").child("failure").attribute("type").value(),
               "bio_lifetime/use_after_free");
  EXPECT_THAT(test("dm/crypt").child("failure").text().get(), HasSubstr("at f [dm_mod]"));
  EXPECT_THAT(test("dm/crypt").child("failure").attribute("message").value(),
              HasSubstr("<was> \"used\" # ok 9 ?[2J  & ]]> freed ?"));
  EXPECT_STREQ(test("dm/stripe").child("error").attribute("type").value(), "INCONCLUSIVE");
  EXPECT_STREQ(test("dm/stripe").child("error").attribute("message").value(), "the host was busy");
  EXPECT_TRUE(test("btt/rw_page").child("skipped"));
  EXPECT_FALSE(test("dm/linear").child("failure"));
  EXPECT_THAT(test("dm/linear").child("system-out").text().get(), HasSubstr("witness split: 3"));
}

TEST(Junit, AnAttemptThatWasRunAgainIsNoTestOfItsOwn) {
  const auto document = parsed(to_junit({}, some_runs()));
  const auto suite =
      document.child("testsuites").find_child_by_attribute("testsuite", "name", "dm/stack");
  EXPECT_EQ(suite.attribute("tests").as_int(), 1);
  EXPECT_EQ(suite.attribute("errors").as_int(), 0);
  EXPECT_STREQ(suite.child("testcase").child("flakyError").attribute("message").value(),
               "QEMU never ran");
}

TEST(Junit, EveryEarlierAttemptStandsWithTheLast) {
  RunResult run{.scenario = "btt/x"};
  run.trials.push_back({.attempt = 0, .verdict = Verdict::kInconclusive, .reasons = {"unseen"}});
  run.trials.push_back({.attempt = 1, .verdict = Verdict::kInconclusive, .reasons = {"starved"}});
  run.trials.push_back({.attempt = 2, .verdict = Verdict::kPass});
  const auto document = parsed(to_junit({}, {{run}}));
  const auto suite = document.child("testsuites").child("testsuite");
  EXPECT_EQ(suite.attribute("tests").as_int(), 1);
  EXPECT_EQ(suite.attribute("errors").as_int(), 0);
  std::vector<std::string> earlier;
  for (const auto flaky : suite.child("testcase").children("flakyError"))
    earlier.emplace_back(flaky.attribute("message").value());
  EXPECT_THAT(earlier, ElementsAre("unseen", "starved"));
}

TEST(Junit, AMetaScenarioThatFailsAsDeclaredIsNoFailure) {
  auto run = meta_run();
  EXPECT_EQ(parsed(to_junit({}, {{run}})).child("testsuites").attribute("failures").as_int(), 0);
  run.expected_finding = "splat:kasan";
  EXPECT_EQ(parsed(to_junit({}, {{run}})).child("testsuites").attribute("failures").as_int(), 1);
}

TEST(Junit, CapsWhatIsLong) {
  auto runs = some_runs();
  runs[1].trials[0].reasons.assign(1000, std::string(100'000, '<'));
  const auto xml = to_junit({}, runs);
  parsed(xml);
  EXPECT_LT(xml.size(), 60'000u);
}

TEST(Junit, AnEmptySelectionIsWellFormed) {
  const auto document = parsed(to_junit({}, {}));
  EXPECT_EQ(document.child("testsuites").attribute("tests").as_int(-1), 0);
}

// ---- KTAP, read as strictly as its specification allows ----

struct KtapTest {
  bool ok = false;
  std::string name{};
  std::string directive{};  // "SKIP", "ERROR", ..., or empty
  std::vector<KtapTest> subtests{};
};

class KtapParser {
 public:
  explicit KtapParser(std::string_view text) : rest_(text) {}

  std::vector<KtapTest> document() {
    auto tests = block("");
    EXPECT_THAT(rest_, IsEmpty()) << "text behind the plan";
    return tests;
  }

 private:
  std::string_view peek() const { return rest_.substr(0, rest_.find('\n')); }
  std::string_view take() {
    const auto line = peek();
    EXPECT_LT(line.size(), rest_.size()) << "no newline at the end";
    rest_.remove_prefix(std::min(line.size() + 1, rest_.size()));
    return line;
  }
  static bool eat(std::string_view& line, std::string_view start) {
    if (!line.starts_with(start)) return false;
    line.remove_prefix(start.size());
    return true;
  }
  static std::size_t number(std::string_view& line) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
    EXPECT_EQ(error, std::errc{}) << line;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    return value;
  }

  // Diagnostic lines may stand anywhere.
  void diagnostics(std::string_view indent) {
    while (peek().starts_with(std::string(indent) + "# ")) take();
  }

  std::vector<KtapTest> block(const std::string& indent) {
    EXPECT_EQ(take(), indent + "KTAP version 1");
    diagnostics(indent);
    std::string_view plan = take();
    EXPECT_TRUE(eat(plan, indent + "1..")) << plan;
    const auto count = number(plan);
    EXPECT_THAT(plan, IsEmpty());
    std::vector<KtapTest> tests;
    for (std::size_t i = 1; i <= count && !rest_.empty(); ++i) tests.push_back(test(indent, i));
    EXPECT_EQ(tests.size(), count);
    diagnostics(indent);
    return tests;
  }

  KtapTest test(const std::string& indent, std::size_t expected) {
    KtapTest test;
    diagnostics(indent);
    if (peek().starts_with(indent + "  ")) test.subtests = block(indent + "  ");
    diagnostics(indent);
    std::string_view line = take();
    EXPECT_TRUE(eat(line, indent)) << line;
    test.ok = !eat(line, "not ");
    EXPECT_TRUE(eat(line, "ok ")) << line;
    EXPECT_EQ(number(line), expected);
    EXPECT_TRUE(eat(line, " ")) << line;
    const auto hash = line.find(" # ");
    test.name = line.substr(0, hash);
    EXPECT_THAT(test.name, Not(HasSubstr("#")));
    if (hash == line.npos) return test;
    const auto directive = line.substr(hash + 3);
    test.directive = directive.substr(0, directive.find(' '));
    EXPECT_THAT(test.directive, ::testing::AnyOf("SKIP", "TODO", "XFAIL", "TIMEOUT", "ERROR"));
    EXPECT_EQ(test.ok, test.directive == "SKIP");
    return test;
  }

  std::string_view rest_;
};

std::string shape(const std::vector<KtapTest>& tests) {
  std::string text;
  for (const auto& test : tests) {
    text += (test.ok ? "+" : "-") + test.name;
    if (!test.directive.empty()) text += "!" + test.directive;
    if (!test.subtests.empty()) text += "(" + shape(test.subtests) + ")";
    text += " ";
  }
  return text;
}

TEST(Ktap, NestsOraclesAndWitnesses) {
  EXPECT_EQ(shape(KtapParser(to_ktap(some_runs())).document()),
            "+dm/linear(+bio_lifetime +rw_page!SKIP +witness split ) "
            "-dm/crypt(-bio_lifetime -completes_once!ERROR -witness split!ERROR ) "
            "+btt/rw_page!SKIP "
            "-dm/suspend!TIMEOUT "
            "-dm/stripe!ERROR "
            "+dm/stack ");
}

TEST(Ktap, SaysWhyInWords) {
  const std::string ktap = to_ktap(some_runs());
  EXPECT_THAT(ktap, HasSubstr("\n  not ok 2 completes_once # ERROR unjudged: records were lost\n"));
  EXPECT_THAT(ktap, HasSubstr("\nok 3 btt/rw_page # SKIP unmet need: module:nd_btt\n"));
  EXPECT_THAT(ktap, HasSubstr("\nnot ok 5 dm/stripe # ERROR INCONCLUSIVE: the host was busy\n"));
  EXPECT_THAT(ktap, HasSubstr("\n# dm/stack trial 0: QEMU never ran\n"));
  EXPECT_THAT(ktap, Not(HasSubstr("\x1b")));
}

TEST(Ktap, WhatAMetaScenarioDeclaresIsExpectedToFail) {
  auto run = meta_run();
  EXPECT_EQ(shape(KtapParser(to_ktap({{run}})).document()), "+meta/oops(-console_clean!XFAIL ) ");
  run.expected = "PASS";
  EXPECT_EQ(shape(KtapParser(to_ktap({{run}})).document()), "-meta/oops(-console_clean ) ");
}

TEST(Ktap, AnEmptySelectionIsAnEmptyPlan) { EXPECT_EQ(to_ktap({}), "KTAP version 1\n1..0\n"); }

}  // namespace
}  // namespace bioscope::report

// SPDX-License-Identifier: GPL-2.0-only
// Comparisons as people and machines read them.
#include "harness/campaign/comparison_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <pugixml.hpp>

namespace bioscope::campaign {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Sides kSides{.base = "debian:6.1",
                   .patched = "debian:6.1+fix|er.patch",
                   .base_kernel = "6.1.0 #1",
                   .patched_kernel = "6.1.0 #2",
                   .base_trouble = {},
                   .patched_trouble = {}};

Comparison comparison() {
  const verdict::Finding bug{.oracle = "bio_lifetime",
                             .kind = "use_after_free",
                             .fingerprint = "f00d",
                             .summary = "bio <0x1> used\nafter \x1b[31m it was freed",
                             .frames = {"bio_endio+0x5"}};
  return {.rows = {{.scenario = "dm/a",
                    .change = Change::kRegressed,
                    .base = {0, 5},
                    .patched = {5, 5},
                    .finding = bug,
                    .p = 0.004,
                    .directory = "results/r",
                    .replay = "bioscope replay results/r"},
                   {.scenario = "dm/b",
                    .change = Change::kUndecided,
                    .base = {0, 5},
                    .patched = {1, 5},
                    .finding = bug,
                    .p = 0.5,
                    .decides = 23,
                    .why = "too few trials to tell chance from change"},
                   {.scenario = "dm/c",
                    .change = Change::kStillPassing,
                    .base = {0, 5},
                    .patched = {0, 5}}}};
}

TEST(ComparisonText, TheTerminalShowsCountsProofAndTheWayOn) {
  const auto text = to_terminal(kSides, comparison());
  EXPECT_THAT(text, HasSubstr("base     debian:6.1 (6.1.0 #1)\n"));
  EXPECT_THAT(text, HasSubstr("dm/a      regressed          0/5      5/5    0.004  "
                              "bio_lifetime/use_after_free f00d\n"));
  EXPECT_THAT(text, HasSubstr("    bioscope replay results/r\n"));
  EXPECT_THAT(text, HasSubstr("; 23 trials of each would tell\n"));
  EXPECT_THAT(text, HasSubstr("\n1 regressed, 1 undecided, 1 still passing\n"));
  EXPECT_EQ(exit_code(kSides, comparison()), 1);
}

TEST(ComparisonText, MarkdownKeepsItsTable) {
  const auto text = to_markdown(kSides, comparison());
  EXPECT_THAT(text, HasSubstr("fix\\|er.patch"));
  EXPECT_THAT(text, HasSubstr("bio \\<0x1> used after"));
  EXPECT_THAT(text, HasSubstr("| dm/c | still passing | 0 of 5 (0 to 52 %) |"));
}

TEST(ComparisonText, AMailHasNoLongLines) {
  const auto text = to_mail(kSides, comparison());
  EXPECT_THAT(text, HasSubstr("\nregressed:\n  dm/a: bio_lifetime/use_after_free\n"));
  EXPECT_THAT(text, HasSubstr("      bio_endio+0x5\n"));
  std::size_t longest = 0;
  for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != text.npos; at = end + 1)
    longest = std::max(longest, end - at);
  EXPECT_LE(longest, 72u);
}

TEST(ComparisonText, JsonAndJunitSayTheSame) {
  const auto json = nlohmann::json::parse(to_json(kSides, comparison()));
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["rows"][0]["change"], "regressed");
  EXPECT_EQ(json["rows"][1]["decides"], 23);
  EXPECT_EQ(json["rows"][0]["patched"]["seen"], 5);
  pugi::xml_document junit;
  ASSERT_TRUE(junit.load_string(to_junit(kSides, comparison()).c_str()));
  const auto suites = junit.child("testsuites");
  EXPECT_EQ(suites.attribute("tests").as_int(), 3);
  EXPECT_EQ(suites.attribute("failures").as_int(), 1);
  EXPECT_EQ(suites.attribute("errors").as_int(), 1);
}

TEST(ComparisonText, ABaseThatIsNoControlBlamesNobody) {
  auto sides = kSides;
  sides.base_trouble = "it does not compile: x.c:1";
  EXPECT_EQ(exit_code(sides, {}), 3);
  EXPECT_THAT(to_terminal(sides, {}), HasSubstr("Nothing is blamed on the patches"));
  EXPECT_THAT(to_markdown(sides, {}), HasSubstr("Nothing is blamed"));
  EXPECT_THAT(to_mail(sides, {}), HasSubstr("no control"));
  EXPECT_THAT(to_junit(sides, {}), HasSubstr("errors=\"1\""));
  sides = kSides;
  sides.patched_trouble = "it does not boot: panic";
  EXPECT_EQ(exit_code(sides, {}), 1);
  EXPECT_THAT(to_terminal(sides, {}), HasSubstr("regressed: it does not boot: panic"));
  EXPECT_THAT(to_junit(sides, {}), HasSubstr("failures=\"1\""));
}

}  // namespace
}  // namespace bioscope::campaign

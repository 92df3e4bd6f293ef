// SPDX-License-Identifier: GPL-2.0-only
// What a series.toml expects, against comparisons that are made up; and every one of the project's.
#include "harness/campaign/expectation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fmt/core.h>

#include "harness/base/file.h"

namespace bioscope::campaign {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class ExpectationTest : public ::testing::Test {
 protected:
  ExpectationTest()
      : directory_(fs::temp_directory_path() / fmt::format("bioscope-expectation-{}", ::getpid())) {
    fs::create_directories(directory_);
  }
  ~ExpectationTest() override { fs::remove_all(directory_); }
  Result<Expectation> read(std::string_view text) const {
    EXPECT_TRUE(write_file(directory_ / "series.toml", text));
    return read_expectation(directory_);
  }
  std::string error(std::string_view text) const {
    const auto read_one = read(text);
    EXPECT_FALSE(read_one);
    if (read_one) return {};
    EXPECT_EQ(read_one.error().blame, Blame::kUsage);
    return read_one.error().text();
  }

  fs::path directory_;
};

Row row(std::string scenario, Change change, std::string oracle = {}) {
  Row one{.scenario = std::move(scenario), .change = change};
  one.finding.oracle = std::move(oracle);
  return one;
}

constexpr std::string_view kTwo =
    "base = \"6.1\"\nthread = \"d\"\nintent = \"x\"\n[expected]\n"
    "\"dm/a\" = \"regressed by bio_lifetime\"\n\"dm/b\" = \"still passing\"\n";

TEST_F(ExpectationTest, IsMetByWhatItSays) {
  const auto expectation = read(kTwo);
  ASSERT_TRUE(expectation) << expectation.error().text();
  EXPECT_EQ(expectation->base, "debian:6.1");
  const auto outcomes = hold(*expectation, {{row("dm/a", Change::kRegressed, "console_clean"),
                                             row("dm/a", Change::kRegressed, "bio_lifetime"),
                                             row("dm/b", Change::kStillPassing)}});
  EXPECT_EQ(exit_code(outcomes), 0);
  EXPECT_THAT(to_text(*expectation, outcomes), HasSubstr("2 of 2 scenarios are as"));
}

TEST_F(ExpectationTest, IsNotMetByAnythingElse) {
  const auto expectation = read(kTwo);
  ASSERT_TRUE(expectation);
  const auto outcomes = hold(*expectation, {{row("dm/a", Change::kRegressed, "console_clean"),
                                             row("dm/a", Change::kStillFailing, "bio_lifetime"),
                                             row("dm/b", Change::kRegressed, "bio_lifetime")}});
  EXPECT_EQ(outcomes[0].met, Met::kNo) << "another oracle has regressed";
  EXPECT_EQ(outcomes[1].met, Met::kNo);
  EXPECT_EQ(exit_code(outcomes), 1);
  EXPECT_THAT(
      to_text(*expectation, outcomes),
      AllOf(HasSubstr("0 of 2"),
            HasSubstr("dm/a: regressed by bio_lifetime was expected; regressed by console_clean\n"),
            HasSubstr("dm/b: still passing was expected; regressed by bio_lifetime\n")));
}

TEST_F(ExpectationTest, IsOpenWhereTheTrialsDoNotTell) {
  const auto expectation = read(kTwo);
  ASSERT_TRUE(expectation);
  EXPECT_EQ(exit_code(hold(*expectation, {{row("dm/a", Change::kRegressed, "bio_lifetime"),
                                           row("dm/b", Change::kUndecided)}})),
            3);
  EXPECT_EQ(exit_code(hold(*expectation, {{row("dm/b", Change::kStillPassing)}})), 3)
      << "dm/a was not compared";
  EXPECT_EQ(exit_code(hold(*expectation, {{row("dm/a", Change::kFixed, "bio_lifetime"),
                                           row("dm/b", Change::kUndecided)}})),
            1)
      << "what is otherwise counts more";
}

TEST_F(ExpectationTest, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(error("base = 6.1"), HasSubstr("series.toml:1: base is no text"));
  EXPECT_THAT(error("base = \"6.1\""), HasSubstr("expects nothing"));
  EXPECT_THAT(error("[expected]\n\"dm/a\" = \"fixed\""), HasSubstr("base is missing"));
  EXPECT_THAT(error("base = \"6.1\"\nbases = \"7\""), HasSubstr("series.toml:2: bases is no key"));
  EXPECT_THAT(error("base = \"6.1\"\n[expected]\n\"dm/a\" = \"breaks\""),
              AllOf(HasSubstr("series.toml:3: dm/a"), HasSubstr("\"regressed by ORACLE\"")));
  EXPECT_THAT(error("base = \"6.1\"\n[expected]\n\"dm/a\" = \"still passing by x\""),
              HasSubstr("series.toml:3: dm/a"));
  EXPECT_THAT(error("base = \"6.1"), HasSubstr("series.toml:1"));
  const auto none = read_expectation(directory_ / "none");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().blame, Blame::kUsage);
}

TEST(Proposals, EachSaysWhatIsToBeExpected) {
  unsigned proposals = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(BSC_SOURCE_DIR) / "patches/proposals")) {
    const auto expectation = read_expectation(entry.path());
    EXPECT_TRUE(expectation) << expectation.error().text();
    EXPECT_TRUE(fs::exists(entry.path() / "README.md")) << entry.path();
    ++proposals;
  }
  EXPECT_GT(proposals, 1u);
}

}  // namespace
}  // namespace bioscope::campaign

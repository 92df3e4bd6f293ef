// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/run_directory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/base/file.h"

namespace bioscope::evidence {
namespace {

class RunDirectoryTest : public ::testing::Test {
 protected:
  RunDirectoryTest() {
    results_ = std::filesystem::temp_directory_path() / fmt::format("bsc-runs-{}", ::getpid());
  }
  ~RunDirectoryTest() override { std::filesystem::remove_all(results_); }

  std::filesystem::path results_;
};

TEST_F(RunDirectoryTest, IsMadeAndOpenedAgain) {
  const auto made = RunDirectory::create(results_, "a", {.scenario = "dm/linear"}).value();
  EXPECT_EQ(made.path(), results_ / "a");
  ASSERT_TRUE(made.make_guest(0));
  ASSERT_TRUE(made.make_trial(0));
  ASSERT_TRUE(made.make_trial(0, 1));
  ASSERT_TRUE(made.make_trial(10));
  ASSERT_TRUE(made.make_trial(2));
  EXPECT_EQ(read_file(made.trial(0) / "verdict").value(), "lost\n");
  const auto opened = RunDirectory::open(made.path()).value();
  EXPECT_EQ(opened.info().scenario, "dm/linear");
  std::vector<std::string> names;
  for (const auto& trial : opened.trials()) names.push_back(trial.filename());
  EXPECT_EQ(names, (std::vector<std::string>{"0", "0-retry1", "2", "10"}));
}

TEST_F(RunDirectoryTest, NeverTouchesAnEarlierOne) {
  const auto one = RunDirectory::create(results_, "a", {.scenario = "one"}).value();
  const auto two = RunDirectory::create(results_, "a", {.scenario = "two"}).value();
  EXPECT_EQ(two.path(), results_ / "a-2");
  EXPECT_EQ(RunDirectory::open(one.path())->info().scenario, "one");
}

TEST_F(RunDirectoryTest, SaysWhatIsWrong) {
  const auto none = RunDirectory::open(results_ / "none");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().blame, Blame::kUsage);
  ASSERT_TRUE(make_directories(results_ / "old"));
  ASSERT_TRUE(write_file(results_ / "old" / "run.json", R"({"schema":0,"program":"0.0.1"})"));
  const auto old = RunDirectory::open(results_ / "old");
  ASSERT_FALSE(old);
  EXPECT_NE(old.error().what.find("schema 0, this program reads 1"), std::string::npos);
  EXPECT_NE(old.error().what.find("0.0.1"), std::string::npos);
  ASSERT_TRUE(write_file(results_ / "old" / "run.json", "{"));
  EXPECT_FALSE(RunDirectory::open(results_ / "old"));
}

TEST_F(RunDirectoryTest, RefusesAResultsDirectoryThatCannotBeWritten) {
  ASSERT_TRUE(make_directories(results_));
  ASSERT_TRUE(write_file(results_ / "file", "x"));
  const auto made = RunDirectory::create(results_ / "file", "a", {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().blame, Blame::kUsage);
}

}  // namespace
}  // namespace bioscope::evidence

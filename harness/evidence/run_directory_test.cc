// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/run_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <thread>

#include "harness/base/file.h"
#include "harness/evidence/trace_fixture.h"

namespace bioscope::evidence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RunDirectoryTest : public InDirectory {
 protected:
  void SetUp() override {
    InDirectory::SetUp();
    results_ = directory() / "results";
  }

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

TEST_F(RunDirectoryTest, TakesNoResultsWhereNothingCanBeMade) {
  const auto made = RunDirectory::create("/proc/results", "a", {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().blame, Blame::kUsage);
  EXPECT_THAT(made.error().what, HasSubstr("/proc/results"));
}

TEST_F(RunDirectoryTest, LeavesNothingHalfMadeOnAFullDisk) {
  const auto earlier = RunDirectory::create(results_, "a", {.scenario = "one"});
  ASSERT_TRUE(earlier);
  struct rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  auto* ignored = ::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small{.rlim_cur = 20, .rlim_max = old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto made = RunDirectory::create(results_, "b", {.scenario = "two"});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  ::signal(SIGXFSZ, ignored);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().blame, Blame::kUsage);
  EXPECT_EQ(made.error().os_error, EFBIG);
  EXPECT_THAT(list_runs(results_), ElementsAre(results_ / "a"));
  EXPECT_FALSE(std::filesystem::exists(results_ / "b"));
  EXPECT_EQ(RunDirectory::open(results_ / "a")->info().scenario, "one");
}

TEST_F(RunDirectoryTest, TwoRunnersNeverShareOne) {
  constexpr int kRunners = 4;
  constexpr int kRuns = 25;
  std::vector<std::thread> runners;
  for (int runner = 0; runner < kRunners; ++runner)
    runners.emplace_back([this, runner] {
      for (int i = 0; i < kRuns; ++i) {
        const auto made =
            RunDirectory::create(results_, "same", {.scenario = std::to_string(runner)});
        EXPECT_TRUE(made) << made.error().text();
      }
    });
  for (auto& runner : runners) runner.join();
  EXPECT_EQ(list_runs(results_).size(), std::size_t{kRunners * kRuns});
}

TEST_F(RunDirectoryTest, OpensNoOtherSchema) {
  const auto what = [&](std::string_view json) {
    EXPECT_TRUE(make_directories(results_ / "x"));
    EXPECT_TRUE(write_file(results_ / "x" / "run.json", json));
    const auto opened = RunDirectory::open(results_ / "x");
    EXPECT_FALSE(opened) << json;
    if (opened) return std::string();
    EXPECT_EQ(opened.error().blame, Blame::kUsage) << json;
    EXPECT_THAT(opened.error().what, HasSubstr((results_ / "x").string()));
    return opened.error().what;
  };
  EXPECT_THAT(what(R"({"schema":2,"program":"9.9"})"),
              HasSubstr("has schema 2, this program reads 1; judge it with the bioscope that made "
                        "it (9.9)"));
  EXPECT_THAT(what("{}"), HasSubstr("has schema 0, this program reads 1"));
  for (const char* json :
       {"", "null", "[]", "7", "\"schema\"", R"({"schema":"1"})", R"({"schema":1,"scenario":5})",
        R"({"schema":1,"command":"x"})", "\xff\xfe", "{\"schema\":1,"})
    EXPECT_THAT(what(json), HasSubstr("run.json is not readable")) << json;
}

TEST_F(RunDirectoryTest, ListsRunsOldestFirstAndNothingElse) {
  EXPECT_TRUE(list_runs(results_).empty());
  ASSERT_TRUE(RunDirectory::create(results_, "20260102-000000-b", {}));
  ASSERT_TRUE(RunDirectory::create(results_, "20260101-000000-a", {}));
  ASSERT_TRUE(make_directories(results_ / "baselines"));
  ASSERT_TRUE(write_file(results_ / "README.md", "x"));
  EXPECT_THAT(list_runs(results_),
              ElementsAre(results_ / "20260101-000000-a", results_ / "20260102-000000-b"));
}

}  // namespace
}  // namespace bioscope::evidence

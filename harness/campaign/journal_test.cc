// SPDX-License-Identifier: GPL-2.0-only
#include "harness/campaign/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/base/check.h"
#include "harness/base/file.h"

namespace bioscope::campaign {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class JournalOfABisection : public ::testing::Test {
 protected:
  JournalOfABisection()
      : folder_(fs::temp_directory_path() / ("bsc-journal-" + std::to_string(::getpid()))) {}
  ~JournalOfABisection() override { fs::remove_all(folder_); }

  fs::path folder_;
};

TEST_F(JournalOfABisection, TellsWhatWasNotedBefore) {
  {
    const auto journal = Journal::open(folder_, "a", false);
    ASSERT_TRUE(journal);
    EXPECT_TRUE(journal->entries().empty());
    EXPECT_TRUE(journal->add({.of = "3 patches"}));
    EXPECT_TRUE(journal->add({.of = "suspicion", .suspicion = {1, 64}}));
    const auto second = Journal::open(folder_, "a", false);
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().what, HasSubstr("wait for its end"));
  }
  const auto journal = Journal::open(folder_, "a", false);
  ASSERT_TRUE(journal);
  ASSERT_EQ(journal->entries().size(), 2u);
  EXPECT_EQ(journal->entries()[0].of, "3 patches");
  EXPECT_EQ(journal->entries()[1].suspicion, (std::vector<double>{1, 64}));
}

TEST_F(JournalOfABisection, OfAnotherSeriesIsRefusedUntilItIsForgotten) {
  { BSC_CHECK(Journal::open(folder_, "a", false)->add({.of = "3 patches"}).has_value()); }
  const auto other = Journal::open(folder_, "b", false);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().blame, Blame::kUsage);
  EXPECT_THAT(other.error().what, HasSubstr("--restart"));
  const auto anew = Journal::open(folder_, "b", true);
  ASSERT_TRUE(anew);
  EXPECT_TRUE(anew->entries().empty());
}

TEST_F(JournalOfABisection, ALineThatWasCutIsAsIfItHadNotBeen) {
  { BSC_CHECK(Journal::open(folder_, "a", false)->add({.of = "3 patches"}).has_value()); }
  auto text = read_file(folder_ / "journal").value();
  BSC_CHECK(write_file(folder_ / "journal", text + R"({"of":"4 pa)").has_value());
  {
    const auto journal = Journal::open(folder_, "a", false);
    ASSERT_TRUE(journal);
    EXPECT_EQ(journal->entries().size(), 1u);
    EXPECT_TRUE(journal->add({.of = "5 patches"}));
  }
  EXPECT_EQ(Journal::open(folder_, "a", false)->entries().at(1).of, "5 patches");
  BSC_CHECK(write_file(folder_ / "journal", "nothing\n").has_value());
  EXPECT_FALSE(Journal::open(folder_, "a", false));
}

}  // namespace
}  // namespace bioscope::campaign

// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/base/check.h"
#include "harness/base/clock.h"
#include "harness/base/fd.h"
#include "harness/base/file.h"
#include "harness/base/handle.h"
#include "harness/base/result.h"
#include "harness/base/text.h"

namespace bioscope {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return usage_error("{} is odd; give an even number", value);
  return value / 2;
}

Result<int> quarter(int value) {
  BSC_TRY_ASSIGN(const int first, half(value));
  BSC_TRY(half(first));
  return half(first);
}

TEST(Result, CarriesTheValueOrTheFirstError) {
  EXPECT_EQ(quarter(8).value(), 2);
  const auto error = quarter(6).error();
  EXPECT_EQ(error.blame, Blame::kUsage);
  EXPECT_EQ(error.what, "3 is odd; give an even number");
}

TEST(Result, EachLayerPrependsItsStepOnce) {
  const auto result = within("boot", within("define domain", half(1)));
  EXPECT_EQ(result.error().what, "boot: define domain: 1 is odd; give an even number");
}

TEST(Result, TextNamesTheErrno) {
  const Error error{Blame::kHost, ENOENT, "cannot open x"};
  EXPECT_EQ(error.text(), "cannot open x (No such file or directory)");
}

TEST(Fd, MovesAndCloses) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  Fd reader(ends[0]);
  {
    Fd writer(ends[1]);
    Fd moved = std::move(writer);
    EXPECT_FALSE(writer);  // NOLINT(bugprone-use-after-move): the state after a move is promised
    EXPECT_TRUE(moved);
  }
  char byte = 0;
  EXPECT_EQ(::read(reader.get(), &byte, 1), 0);
}

int freed = 0;
void free_int(int* value) {
  ++freed;
  delete value;
}

TEST(Handle, FreesWithTheLibrarysFunction) {
  { Handle<int, free_int> handle(new int(1)); }
  EXPECT_EQ(freed, 1);
}

TEST(File, WritesAtomicallyAndReadsBack) {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("bsc-{}", ::getpid());
  ASSERT_TRUE(make_directories(path));
  ASSERT_TRUE(write_file(path / "a", "one"));
  ASSERT_TRUE(write_file(path / "a", std::string(100000, 'x')));
  EXPECT_EQ(read_file(path / "a").value().size(), 100000u);
  std::size_t entries = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(path)) ++entries;
  EXPECT_EQ(entries, 1u) << "a file written aside was left behind";
  std::filesystem::remove_all(path);
  const auto missing = read_file(path / "a");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().os_error, ENOENT);
  EXPECT_NE(missing.error().what.find(path.string()), std::string::npos);
}

TEST(File, ReadsFilesOfUnknownSize) {
  EXPECT_FALSE(read_file("/proc/self/status").value().empty());
  EXPECT_EQ(read_file("/").error().os_error, EISDIR);
}

TEST(Clock, ManualClockTurnsByHand) {
  ManualClock clock;
  const auto start = clock.now();
  clock.advance(std::chrono::seconds(2));
  EXPECT_EQ(clock.now() - start, std::chrono::seconds(2));
}

TEST(Wrap, FillsLinesAndIndentsWhatGoesOn) {
  const auto lines = wrap("head:", words_of(" one  two\nthree four "), 2, 12);
  EXPECT_EQ(lines, (std::vector<std::string>{"head: one", "  two three", "  four"}));
  EXPECT_EQ(wrap("a", {"b", "c"}, 0, 0), std::vector<std::string>{"a b c"});
  EXPECT_EQ(wrap("", {"a"}, 4, 2), std::vector<std::string>{"a"});
  EXPECT_EQ(wrap("head", {}, 4, 72), std::vector<std::string>{"head"});
}

TEST(Wrap, AWordThatIsTooLongHasItsOwnLine) {
  EXPECT_EQ(wrap("ab", {"0123456789", "c"}, 1, 5),
            (std::vector<std::string>{"ab", " 0123456789", " c"}));
}

TEST(CheckDeathTest, NamesTheBrokenInvariant) {
  EXPECT_DEATH(BSC_CHECK(1 == 2), "broken invariant at .*base_test.cc.*1 == 2");
}

}  // namespace
}  // namespace bioscope

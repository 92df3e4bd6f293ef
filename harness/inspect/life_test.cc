// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/evidence/trace_writer.h"
#include "harness/inspect/trace.h"
#include "harness/testing/tape.h"

namespace bioscope::inspect {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Tape;

class LifeTest : public ::testing::Test {
 protected:
  LifeTest()
      : guest_(std::filesystem::temp_directory_path() /
               ("bsc-life-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(guest_);
    Tape tape;
    tape.alloc(0x1000).submit(0x1000, 0xfd00, 1);                // 1, 2
    tape.alloc(0x2000).clone(0x2000, 0x1000).submit(0x2000);     // 3, 4, 5
    tape.alloc(0x9000).submit(0x9000).endio(0x9000);             // 6, 7, 8: a stranger
    tape.endio(0x1000).free(0x1000).endio(0x2000).free(0x2000);  // 9..12
    tape.alloc(0x1000);                                          // 13: another life
    auto writer = evidence::TraceWriter::create(guest_ / "trace", {}).value();
    EXPECT_TRUE(writer.append(tape.bytes()));
    EXPECT_TRUE(writer.close());
  }
  ~LifeTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(guest_, ignored);
  }

  std::vector<std::string> tell(const LifeRequest& request) {
    std::vector<std::string> lines;
    const Status told =
        life(guest_, request, findings_, [&](std::string_view line) { lines.emplace_back(line); });
    EXPECT_TRUE(told) << told.error().text();
    return lines;
  }

  std::filesystem::path guest_;
  std::vector<verdict::Finding> findings_{
      {.oracle = "clone_before_master",
       .kind = "clone_in_flight",
       .summary = "completed at 9 while its clone was in flight",
       .object = 0x1000,
       .order = 9}};
};

TEST_F(LifeTest, TellsOfAllThatWasMadeForItAndMarksTheProof) {
  const auto lines = tell({.bio = 0x1000});
  EXPECT_THAT(lines[0], AllOf(HasSubstr("bio 0x1000"), HasSubstr("WRITE 4096 bytes")));
  EXPECT_THAT(lines, Contains(HasSubstr("clone of A, bio 0x2000")));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("bio_clone"), HasSubstr("clone=A1 source=A"))));
  EXPECT_THAT(lines, Not(Contains(HasSubstr("0x9000"))));
  const auto proof = std::ranges::find_if(
      lines, [](const std::string& line) { return line.find(">>>") != line.npos; });
  ASSERT_NE(proof, lines.end());
  EXPECT_THAT(*proof, HasSubstr("clone_before_master: clone_in_flight: completed at 9"));
  EXPECT_THAT(*(proof - 1), AllOf(HasSubstr("bio_endio"), HasSubstr("bio=A ")));
}

TEST_F(LifeTest, WithoutAFindingTheLastLifeIsMeantAndAnOrderSaysAnother) {
  findings_.clear();
  EXPECT_THAT(tell({.bio = 0x1000})[0], AllOf(HasSubstr("life 2"), HasSubstr("never submitted")));
  EXPECT_THAT(tell({.bio = 0x1000, .at = 5})[0], Not(HasSubstr("life 2")));
}

TEST_F(LifeTest, AClonesLifeNamesItsSource) {
  EXPECT_THAT(tell({.bio = 0x2000}), Contains(HasSubstr("clone of bio 0x1000 (--at 1)")));
}

TEST_F(LifeTest, LinesKeepTheirWidth) {
  for (const auto& line : tell({.bio = 0x1000, .columns = 72})) EXPECT_LE(line.size(), 72u) << line;
}

TEST_F(LifeTest, ABioThatNeverBeganIsAUsageError) {
  for (const LifeRequest& request :
       {LifeRequest{.bio = 0x7777}, LifeRequest{.bio = 0x2000, .at = 1}}) {
    const Status told = life(guest_, request, {}, [](std::string_view) {});
    ASSERT_FALSE(told);
    EXPECT_EQ(told.error().blame, Blame::kUsage);
    EXPECT_THAT(told.error().what, HasSubstr(fmt::format("{:#x}", request.bio)));
  }
}

}  // namespace
}  // namespace bioscope::inspect

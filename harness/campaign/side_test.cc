// SPDX-License-Identifier: GPL-2.0-only
// How sides are named, and what a compiler warned of.
#include "harness/campaign/side.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bioscope::campaign {
namespace {

using ::testing::ElementsAre;

TEST(Side, IsAKernelOrASourceWithASeries) {
  EXPECT_EQ(parse_side("stock:6.12")->kernel, "stock:6.12");
  EXPECT_EQ(parse_side("built:a+b")->kernel, "built:a+b");
  const auto source = parse_side("debian:6.1+patches/a+b").value();
  EXPECT_EQ(source.kernel, "");
  EXPECT_EQ(source.source, "debian:6.1");
  EXPECT_THAT(source.series, ElementsAre("patches/a+b"));
  EXPECT_TRUE(parse_side("tree:linux@v6.1")->series.empty());
  EXPECT_FALSE(parse_side(""));
  EXPECT_FALSE(parse_side("debian:6.1+"));
}

TEST(Side, IsNamedByWhatItIsMadeOf) {
  const kbuild::Request one{.source = "debian:6.1", .patches = {{.name = "fix", .diff = "+a"}}};
  auto other = one;
  EXPECT_EQ(side_name(one), side_name(other));
  other.patches[0].diff = "+b";  // another file of the same name
  EXPECT_NE(side_name(one), side_name(other));
  other = one;
  other.patches[0].reverse = true;
  EXPECT_NE(side_name(one), side_name(other));
  other = one;
  other.source = "debian:6.12";
  EXPECT_NE(side_name(one), side_name(other));
}

TEST(Side, WarningsHaveNoLineNumbers) {
  EXPECT_THAT(
      warnings_of("  CC      drivers/md/dm.o\n"
                  "../drivers/md/dm.c:12:3: warning: unused variable 'x'\n"
                  "../drivers/md/dm.c:14:3: warning: unused variable 'x'\n"
                  "drivers/md/md.c: In function 'f':\n"
                  "make: warning: no file\n"),
      ElementsAre("drivers/md/dm.c: warning: unused variable 'x'", "make: warning: no file"));
}

TEST(Side, TroubleIsWhatKeepsItFromRunning) {
  Side side{.boot = {.trials = {{.verdict = verdict::Verdict::kPass}}}};
  EXPECT_EQ(side.trouble(), "");
  side.boot.trials[0] = {.verdict = verdict::Verdict::kFail, .reasons = {"the guest panicked"}};
  EXPECT_EQ(side.trouble(), "it does not boot: the guest panicked");
  side.boot.directory = "results/r";
  EXPECT_EQ(side.trouble(), "it does not boot: the guest panicked (results/r)");
  side.broken = "x.c:1:1: error";
  EXPECT_EQ(side.trouble(), "it does not compile: x.c:1:1: error");
}

}  // namespace
}  // namespace bioscope::campaign

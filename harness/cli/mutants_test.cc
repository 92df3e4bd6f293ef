// SPDX-License-Identifier: GPL-2.0-only
// bioscope mutants on what needs neither a build nor a guest: one clear error each, exit code 2.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/cli/program_fixture.h"

namespace bioscope::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class MutantsVerb : public ProgramTest {
 protected:
  process::Exit dry_run(const std::string& oracle, const std::string& scenario) const {
    file("01-a/0001-x.patch", "");
    file("01-a/series.toml",
         fmt::format("breaks = 'x'\noracle = '{}'\nmodule = 'dm_mod'\nscenarios = ['{}']\n"
                     "quiet = 'fail'\n",
                     oracle, scenario));
    return call({.arguments = {"mutants", "--dry-run", "--from", directory_.string()}});
  }
};

TEST_F(MutantsVerb, SaysWhatWouldRun) {
  const auto exit = dry_run("bio_lifetime", "dm/stacked");
  EXPECT_EQ(exit.code, 0) << exit.err;
  EXPECT_THAT(exit.out, AllOf(HasSubstr("01-a: x"), HasSubstr("bio_lifetime in dm/stacked"),
                              HasSubstr("of the suite must not notice")));
}

TEST_F(MutantsVerb, NamesWhatThereIsNot) {
  EXPECT_ONE_ERROR(dry_run("bio_lifetimes", "dm/stacked"),
                   AllOf(HasSubstr("01-a/series.toml"), HasSubstr("bio_lifetimes, which is none")));
  EXPECT_ONE_ERROR(dry_run("bio_lifetime", "dm/stackd"),
                   AllOf(HasSubstr("01-a/series.toml"), HasSubstr("dm/stackd")));
  EXPECT_ONE_ERROR(dry_run("suspended_is_idle", "dm/stacked"),
                   HasSubstr("dm/stacked, which suspended_is_idle does not judge"));
  EXPECT_ONE_ERROR(call({.arguments = {"mutants", "no-such-*"}}), HasSubstr("no-such-*"));
  EXPECT_ONE_ERROR(call({.arguments = {"mutants", "--from", "/nowhere"}}), HasSubstr("/nowhere"));
  EXPECT_ONE_ERROR(call({.arguments = {"mutants", "--trials", "0"}}), HasSubstr("--trials"));
}

// Every mutant of the tree names oracles and scenarios that there are.
TEST_F(MutantsVerb, KnowsThoseOfTheTree) {
  const auto exit = call({.arguments = {"mutants", "--dry-run"}});
  EXPECT_EQ(exit.code, 0) << exit.err;
}

}  // namespace
}  // namespace bioscope::cli

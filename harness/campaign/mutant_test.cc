// SPDX-License-Identifier: GPL-2.0-only
#include "harness/campaign/mutant.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>

#include "harness/base/file.h"

namespace bioscope::campaign {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr char kWhole[] = R"(
breaks = "a clone is put twice"
oracle = "bio_lifetime"
kind = "double_free"
module = "dm_mod"
scenarios = ["dm/linear_concurrent", "dm/stacked"]
undisturbed = ["dm/polled"]
quiet = "fail"
silent = true
revert = "8b211aaccb91"
)";

class Mutants : public ::testing::Test {
 protected:
  Mutants()
      : root_(fs::temp_directory_path() / ("bioscope-mutants-" + std::to_string(::getpid()))) {
    fs::create_directories(root_);
  }
  ~Mutants() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  void put(const std::string& name, std::string_view content) const {
    fs::create_directories((root_ / name).parent_path());
    ASSERT_TRUE(write_file(root_ / name, content));
  }
  std::string error(const std::vector<std::string>& globs = {}) const {
    const auto found = find_mutants(root_, globs);
    if (found) return "no error";
    EXPECT_EQ(found.error().blame, Blame::kUsage);
    return found.error().text();
  }

  fs::path root_;
};

std::string error_of(std::string_view toml) {
  const auto mutant = parse_mutant(toml, "01-a/series.toml");
  if (mutant) return "no error";
  EXPECT_EQ(mutant.error().blame, Blame::kUsage);
  return mutant.error().text();
}

// kWhole with one line in place of the one that begins like it, or without it.
std::string with(std::string_view key, std::string_view line) {
  std::string text = kWhole;
  const auto begin = text.find("\n" + std::string(key) + " =") + 1;
  const auto end = text.find('\n', begin);
  return text.replace(begin, end - begin, line);
}

TEST(Mutant, IsReadWhole) {
  const auto mutant = parse_mutant(kWhole, "mutants/01-a/series.toml");
  ASSERT_TRUE(mutant) << mutant.error().text();
  EXPECT_EQ(mutant->name, "01-a");
  EXPECT_EQ(mutant->directory, "mutants/01-a");
  EXPECT_EQ(mutant->breaks, "a clone is put twice");
  EXPECT_EQ(mutant->oracle, "bio_lifetime");
  EXPECT_EQ(mutant->kind, "double_free");
  EXPECT_EQ(mutant->module, "dm_mod");
  EXPECT_THAT(mutant->scenarios, ElementsAre("dm/linear_concurrent", "dm/stacked"));
  EXPECT_THAT(mutant->undisturbed, ElementsAre("dm/polled"));
  EXPECT_TRUE(mutant->undisturbed_listed);
  EXPECT_TRUE(mutant->silent);
  EXPECT_FALSE(mutant->race);
  EXPECT_FALSE(mutant->quiet_passes);
  EXPECT_EQ(mutant->revert, "8b211aaccb91");
}

TEST(Mutant, AnEmptyListOfUndisturbedIsNotNone) {
  EXPECT_TRUE(
      parse_mutant(with("undisturbed", "undisturbed = []"), "1/series.toml")->undisturbed_listed);
  EXPECT_FALSE(parse_mutant(with("undisturbed", ""), "1/series.toml")->undisturbed_listed);
}

TEST(Mutant, EachErrorNamesFileLineAndKey) {
  for (const char* key : {"breaks", "oracle", "module", "scenarios", "quiet"})
    EXPECT_EQ(error_of(with(key, "")), fmt::format("01-a/series.toml: {} is missing", key));
  EXPECT_EQ(error_of(with("kind", "kind = 3")), "01-a/series.toml:4: kind is no text");
  EXPECT_EQ(error_of(with("oracle", "oracle = ''")), "01-a/series.toml:3: oracle is no text");
  EXPECT_EQ(error_of(with("silent", "silent = 'yes'")),
            "01-a/series.toml:9: silent is neither true nor false");
  EXPECT_EQ(error_of(with("scenarios", "scenarios = 'dm/stacked'")),
            "01-a/series.toml:6: scenarios is no list");
  EXPECT_EQ(error_of(with("scenarios", "scenarios = [1]")),
            "01-a/series.toml:6: scenarios holds something that is no text");
  EXPECT_EQ(error_of(with("scenarios", "scenarios = []")),
            "01-a/series.toml:6: scenarios names none");
  EXPECT_EQ(error_of(with("quiet", "quiet = 'maybe'")),
            "01-a/series.toml:8: quiet is neither \"pass\" nor \"fail\"");
  EXPECT_THAT(error_of(with("quiet", "quiet = 'pass'")),
              AllOf(HasSubstr("series.toml:8: quiet is \"pass\""), HasSubstr("no plan")));
  EXPECT_EQ(error_of(with("kind", "plan = 'gone.json'")),
            "01-a/series.toml:4: plan names a file that is not there");
  EXPECT_EQ(error_of(with("kind", "kidn = 'x'")), "01-a/series.toml:4: kidn is no key of a mutant");
  EXPECT_THAT(error_of("breaks = \n"), HasSubstr("01-a/series.toml:1: "));
}

TEST_F(Mutants, AreFoundByNameInOrder) {
  for (const char* name : {"02-b", "01-a", "10-c"}) {
    put(std::string(name) + "/series.toml", kWhole);
    put(std::string(name) + "/0001-x.patch", "");
  }
  put("README.md", "no mutant");
  const auto names = [&](const std::vector<std::string>& globs) {
    std::vector<std::string> all;
    const auto found = find_mutants(root_, globs);
    for (const auto& mutant : *found) all.push_back(mutant.name);
    return all;
  };
  EXPECT_THAT(names({}), ElementsAre("01-a", "02-b", "10-c"));
  EXPECT_THAT(names({"*-c", "01-*"}), ElementsAre("01-a", "10-c"));
  EXPECT_THAT(error({"01-*", "nothing"}), HasSubstr("matches nothing"));
}

TEST_F(Mutants, AreWhole) {
  EXPECT_THAT(error(), HasSubstr("there is no mutant in"));
  put("01-a/0001-x.patch", "");
  EXPECT_THAT(error(), HasSubstr("01-a/series.toml"));
  put("01-a/series.toml", kWhole);
  EXPECT_EQ(error(), "no error");
  fs::remove(root_ / "01-a/0001-x.patch");
  EXPECT_THAT(error(), HasSubstr("there is no patch beside it"));
  root_ /= "gone";
  EXPECT_THAT(error(), HasSubstr("cannot read"));
}

// What there has to be for the table to mean something: no oracle rests on a single bug, some bugs
// nobody would notice otherwise, some need a race, some were real.
TEST(Mutant, ThoseOfTheTreeCoverEveryOracle) {
  const auto mutants = find_mutants(fs::path(BSC_SOURCE_DIR) / "patches/mutants", {});
  ASSERT_TRUE(mutants) << mutants.error().text();
  std::map<std::string, unsigned> by_oracle;
  unsigned silent = 0, races = 0, reverts = 0;
  for (const Mutant& mutant : *mutants) {
    ++by_oracle[mutant.oracle];
    silent += mutant.silent ? 1 : 0;
    races += mutant.race ? 1 : 0;
    reverts += mutant.revert.empty() ? 0 : 1;
    EXPECT_EQ(mutant.race, !mutant.plan.empty()) << mutant.name << ": a race has a plan";
  }
  for (const char* oracle :
       {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
        "error_reaches_master", "pool_empty_at_exit", "suspended_is_idle", "remap_of_live_master"})
    EXPECT_GE(by_oracle[oracle], 2u) << oracle;
  EXPECT_GE(silent, 6u);
  EXPECT_GE(races, 4u);
  EXPECT_GE(reverts, 4u);
}

}  // namespace
}  // namespace bioscope::campaign

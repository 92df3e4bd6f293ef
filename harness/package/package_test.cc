// SPDX-License-Identifier: GPL-2.0-only
#include "harness/package/package.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <ctime>
#include <fstream>
#include <thread>

#include "harness/base/file.h"
#include "harness/package/record.h"
#include "harness/package/repository_fixture.h"

namespace bioscope::package {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Reference, TakesANameAndAVersion) {
  const auto exact = Reference::parse("libc6=1:2.36-9+deb12u13~x").value();
  EXPECT_EQ(exact.name, "libc6");
  EXPECT_EQ(exact.version, "1:2.36-9+deb12u13~x");
  EXPECT_EQ(exact.file_name(), "libc6_1%3a2.36-9+deb12u13~x");
  EXPECT_EQ(Reference::parse("g++").value().version, "");
}

TEST(Reference, RefusesWhatCouldLeaveTheCache) {
  for (const char* text :
       {"", "x", "../x", "a/b", "mdadm=", "mdadm=/..", "-oDir=x", "Upper", "a b"}) {
    const auto parsed = Reference::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().blame, Blame::kUsage);
  }
}

TEST(Record, FieldsAndDependencies) {
  constexpr char kRecord[] =
      "Package: x\nVersion: 1-2\nTag: a,\n b\nDepends: libc6 (>= 2.34), a:any | b, libc6\n"
      "Pre-Depends: init-helpers (>= 1.54~)\nSuggests: zoo\n\nPackage: y\nSource: other\n";
  EXPECT_EQ(field(kRecord, "Version"), "1-2");
  EXPECT_EQ(field(kRecord, "Tag"), "a,\n b");
  EXPECT_EQ(field(kRecord, "Source"), "") << "of a second record";
  EXPECT_EQ(field(kRecord, "Vers"), "");
  EXPECT_THAT(dependencies(kRecord), ElementsAre("init-helpers", "libc6", "a"));
}

TEST_F(Repository, UnpacksTheCandidateAndKeepsIt) {
  publish("alpha", "1:1.0", "beta (>= 2), gamma | delta");
  EXPECT_EQ(candidate("alpha", options()).value(), "1:1.0");
  EXPECT_THAT(depends("alpha", options()).value(), ElementsAre("beta", "gamma"));
  const auto tree = unpacked("alpha", options()).value();
  EXPECT_EQ(content(tree / "usr/bin/alpha"), "file of alpha 1:1.0\n");
  EXPECT_THAT(said_, Contains("fetching alpha=1:1.0"));
  EXPECT_FALSE(fs::exists(base_ / "cache/package/aside"));

  // Neither sources nor archive are there any more: what is cached needs none.
  fs::remove_all(repo());
  said_.clear();
  const auto start = std::clock();  // our own time: the machine may be busy
  EXPECT_EQ(unpacked("alpha", options()).value(), tree);
  EXPECT_EQ(unpacked("alpha=1:1.0", options()).value(), tree);
  EXPECT_LT(std::clock() - start, CLOCKS_PER_SEC / 20);
  EXPECT_TRUE(said_.empty());
}

TEST_F(Repository, AnOldIndexIsRefreshedAndANewOneIsNot) {
  publish("alpha", "1.0", "");
  EXPECT_EQ(candidate("alpha", options()).value(), "1.0");
  publish("alpha", "2.0", "");
  EXPECT_EQ(candidate("alpha", options()).value(), "1.0") << "the index is fresh";
  age_index(std::chrono::hours(25));
  EXPECT_EQ(candidate("alpha", options()).value(), "2.0");
}

TEST_F(Repository, AStaleIndexIsRefreshedWhenItsFileIsGone) {
  publish("alpha", "1.0", "");
  EXPECT_EQ(candidate("alpha", options()).value(), "1.0");
  fs::remove(repo() / "Packages");
  publish("alpha", "2.0", "");
  const auto tree = unpacked("alpha", options()).value();
  EXPECT_EQ(content(tree / "usr/bin/alpha"), "file of alpha 2.0\n");
}

TEST_F(Repository, ASourceThatDoesNotAnswerDoesNotStopTheOthers) {
  publish("alpha", "1.0", "");
  add_source("deb [trusted=yes] copy:" + (base_ / "nowhere").string() + " ./");
  EXPECT_TRUE(unpacked("alpha", options()));
  EXPECT_THAT(said_, Contains(HasSubstr("not wholly up to date")));
  publish("alpha", "2.0", "");
  age_index(std::chrono::hours(2));
  EXPECT_EQ(candidate("alpha", options()).value(), "2.0") << "a partial index ages faster";
}

TEST_F(Repository, ServesTheOldIndexWhenNoSourceAnswers) {
  publish("alpha", "1.0", "");
  const auto tree = unpacked("alpha", options()).value();
  fs::remove_all(repo());
  age_index(std::chrono::hours(1000));
  EXPECT_EQ(unpacked("alpha", options()).value(), tree);
}

TEST_F(Repository, NamesAPackageThatIsNotThere) {
  publish("alpha", "1.0", "");
  for (const char* absent : {"omega", "alpha=9.9"}) {
    const auto tree = unpacked(absent, options());
    ASSERT_FALSE(tree);
    EXPECT_EQ(tree.error().blame, Blame::kUsage) << tree.error().what;
    EXPECT_THAT(tree.error().what, HasSubstr(absent));
  }
}

TEST_F(Repository, SeveralAtOnceComeInTheirOrder) {
  publish("alpha", "1.0", "");
  publish("beta", "2:3", "");
  publish("gamma", "5", "");
  const auto first = unpacked("beta", options()).value();
  said_.clear();
  const auto trees = unpacked(std::vector<std::string>{"gamma", "beta", "alpha=1.0"}, options());
  ASSERT_TRUE(trees) << trees.error().text();
  ASSERT_EQ(trees->size(), 3u);
  EXPECT_EQ(content(trees->at(0) / "usr/bin/gamma"), "file of gamma 5\n");
  EXPECT_EQ(trees->at(1), first);
  EXPECT_EQ(content(trees->at(2) / "usr/bin/alpha"), "file of alpha 1.0\n");
  EXPECT_THAT(said_, ElementsAre("fetching gamma=5", "fetching alpha=1.0"));
  const auto some = unpacked(std::vector<std::string>{"gamma", "omega"}, options());
  ASSERT_FALSE(some);
  EXPECT_THAT(some.error().what, HasSubstr("omega"));
}

TEST_F(Repository, NoSourceAtAllIsAHostErrorThatNamesThem) {
  std::ofstream(base_ / "etc/sources.list") << "";
  const auto tree = unpacked("alpha", options());
  ASSERT_FALSE(tree);
  EXPECT_EQ(tree.error().blame, Blame::kHost);
  EXPECT_THAT(tree.error().what, HasSubstr((base_ / "etc").string()));
}

TEST_F(Repository, ADamagedArchiveIsRefusedAndLeavesNothing) {
  publish("alpha", "1.0", "");
  std::ofstream(repo() / "alpha.deb", std::ios::app) << "more";
  const auto tree = unpacked("alpha", options());
  ASSERT_FALSE(tree);
  EXPECT_EQ(tree.error().blame, Blame::kHost);
  EXPECT_THAT(tree.error().what, HasSubstr("alpha.deb"));
  EXPECT_FALSE(fs::exists(base_ / "cache/package/tree"));
  EXPECT_FALSE(fs::exists(base_ / "cache/package/aside"));
}

TEST_F(Repository, WhatAKilledFetchLeftIsSweptAway) {
  publish("alpha", "1.0", "");
  const auto left = base_ / "cache/package/aside/tree/usr";
  fs::create_directories(left / "rubbish");
  const auto tree = unpacked("alpha", options()).value();
  EXPECT_FALSE(fs::exists(tree / "usr/rubbish"));
  EXPECT_TRUE(fs::exists(tree / "usr/bin/alpha"));
}

TEST_F(Repository, ManyAtOnceFetchOnce) {
  publish("alpha", "1.0", "");
  std::atomic<int> fetched{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        auto own = options();
        own.progress = [&](std::string_view line) { fetched += line.starts_with("fetching"); };
        EXPECT_TRUE(unpacked("alpha", own));
      });
  }
  EXPECT_EQ(fetched, 1);
}

}  // namespace
}  // namespace bioscope::package

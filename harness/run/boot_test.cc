// SPDX-License-Identifier: GPL-2.0-only
// A boot whose worker is a shell script.
#include "harness/run/boot.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "harness/base/file.h"
#include "harness/machine/guardian.h"

namespace bioscope::run {
namespace {

class BootTest : public ::testing::Test {
 protected:
  BootTest() {
    std::string pattern = "/tmp/bioscope-test-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    place_ = pattern;
    for (const char* name : {"first", "second"}) EXPECT_TRUE(make_directories(place_ / name));
    EXPECT_TRUE(write_file(place_ / "first" / "console", "booted\n"));
  }
  ~BootTest() override { std::filesystem::remove_all(place_); }

  // Its arguments: "__worker" JOB PIPE LIFELINE.
  std::unique_ptr<Boot> start(std::string_view script) const {
    const auto worker = place_ / "worker";
    EXPECT_TRUE(write_file(worker, fmt::format("#!/bin/bash\n{}\n", script)));
    EXPECT_EQ(::chmod(worker.c_str(), 0755), 0);
    auto root = machine::Root::make(place_);
    EXPECT_TRUE(root);
    auto boot = Boot::start(std::move(*root), {.guest = place_ / "first"}, worker,
                            machine::Isolation::kSubreaper);
    EXPECT_TRUE(boot) << boot.error().text();
    return std::move(*boot);
  }

  std::filesystem::path second() const { return place_ / "second"; }

  std::filesystem::path place_;
};

TEST_F(BootTest, OneThatRestsHasAnotherTrial) {
  const auto boot = start("echo rests >&$3; read -r job <&$4; echo kept >&$3; exit 7");
  ASSERT_EQ(boot->listen({}, {}), Boot::State::kRests);
  const auto next = boot->next({.scenario = "a/b"}, second());
  ASSERT_TRUE(next) << next.error().text();
  EXPECT_TRUE(*next);
  EXPECT_EQ(read_file(second() / "console").value_or(""), "booted\n");
  EXPECT_EQ(boot->listen({}, {}), Boot::State::kKept);
  EXPECT_EQ(boot->end(), 7);
}

TEST_F(BootTest, OneWhoseWorkerIsGoneLeavesTheNextTrialToAnother) {
  const auto boot = start("echo rests >&$3");
  ASSERT_EQ(boot->listen({}, {}), Boot::State::kRests);
  // It ends a moment after its last word.
  for (int tries = 0; tries < 1000; ++tries) {
    const auto next = boot->next({.scenario = "a/b"}, second());
    ASSERT_TRUE(next) << next.error().text();
    if (!*next) {
      EXPECT_TRUE(std::filesystem::is_empty(second()));
      EXPECT_TRUE(std::filesystem::exists(place_ / "first" / "console"));
      return;
    }
    std::filesystem::remove_all(second());
    ASSERT_TRUE(make_directories(second()));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  FAIL() << "a worker that is gone was given one trial after the other";
}

}  // namespace
}  // namespace bioscope::run

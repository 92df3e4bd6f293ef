// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "bioscope/event.h"
#include "guest/scenario/quiet_host.h"

using namespace bioscope::scenario;

BSC_SCENARIO(registry, second, .summary = "declared first, listed second",
             .needs = {"module:brd", "cpus:2"}, .expect = "PASS") {
  w.step("ran");
}

BSC_SCENARIO(registry, first, .summary = "its set-up fails") {
  BSC_SETUP(bioscope::Result<int>(7));
  BSC_SETUP(bioscope::Status(bioscope::guest_error("no such disk")));
  w.step("not reached");
}

namespace bioscope::scenario {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Registry, ListsByNameWithTheDeclaration) {
  std::vector<std::string> names;
  for (const Scenario& scenario : all()) names.push_back(scenario.name());
  EXPECT_THAT(names, ElementsAre("registry/first", "registry/second"));

  const Scenario* found = find("registry/second");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->declaration.summary, "declared first, listed second");
  EXPECT_EQ(found->declaration.expect, "PASS");
  EXPECT_EQ(found->declaration.budget_seconds, 20u);
  EXPECT_THAT(found->file, HasSubstr("scenario_test.cc"));
  EXPECT_GT(found->line, 0);
  EXPECT_EQ(find("registry/third"), nullptr);
}

TEST(Registry, RunsABody) {
  QuietHost host;
  Workload workload(host, 1);
  find("registry/second")->body(workload);
  EXPECT_THAT(host.marks, ElementsAre("4 ran"));
}

TEST(Workload, HasALongForm) {
  QuietHost host;
  EXPECT_EQ(Workload(host, 1).at_length(3, 40), 3);
  EXPECT_EQ(Workload(host, 1, true).at_length(3, 40), 40);
}

TEST(Registry, AFailedSetupEndsTheBodyAndNamesTheStep) {
  QuietHost host;
  Workload workload(host, 1);
  try {
    find("registry/first")->body(workload);
    FAIL() << "the body went on";
  } catch (const SetupFailed& failure) {
    EXPECT_THAT(failure.what, HasSubstr("no such disk"));
    EXPECT_THAT(failure.what, HasSubstr("bioscope::guest_error"));
  }
  EXPECT_THAT(host.marks, ElementsAre());
}

Scenario scenario_of(std::string property, Declaration declaration) {
  return {"registry", std::move(property), "here.cc", 5, std::move(declaration), [](Workload&) {}};
}

TEST(RegistryDeathTest, RefusesTheSameNameTwice) {
  EXPECT_DEATH(detail::add(scenario_of("first", {.summary = "again"})),
               "here.cc:5: scenario registry/first is already declared at .*scenario_test.cc");
}

TEST(RegistryDeathTest, RefusesContradictions) {
  EXPECT_DEATH(detail::add(scenario_of("third", {})), "registry/third has no summary");
  EXPECT_DEATH(detail::add(scenario_of("third", {.summary = "x", .needs = {"cpu:2"}})),
               "registry/third needs \"cpu:2\", which is none of");
}

TEST(Workload, CleansUpInReverseOrderAndOnce) {
  QuietHost host;
  std::vector<int> order;
  {
    Workload workload(host, 1);
    workload.cleanup([&] { order.push_back(1); });
    workload.cleanup([&] {
      order.push_back(2);
      workload.cleanup([&] { order.push_back(3); });
    });
    workload.finish();
    EXPECT_THAT(order, ElementsAre(2, 3, 1));
  }
  EXPECT_EQ(order.size(), 3u);
}

TEST(Workload, CleansUpWhenTheBodyThrows) {
  QuietHost host;
  bool cleaned = false;
  EXPECT_THROW(
      {
        Workload workload(host, 1);
        workload.cleanup([&] { cleaned = true; });
        BSC_SETUP(Status(guest_error("no")));
      },
      SetupFailed);
  EXPECT_TRUE(cleaned);
}

TEST(Workload, AFailedSetupInACleanupIsAFailureAndTheOthersRun) {
  QuietHost host;
  static bool cleaned = false;
  EXPECT_NONFATAL_FAILURE(
      {
        Workload workload(host, 1);
        workload.cleanup([] { cleaned = true; });
        workload.cleanup([] { BSC_SETUP(Status(guest_error("stuck"))); });
      },
      "stuck");
  EXPECT_TRUE(cleaned);
}

TEST(Workload, RunsOnePinnedThreadPerCpuAndAllAtOnce) {
  QuietHost host;
  Workload workload(host, 1);
  const unsigned cpus = workload.cpus();
  ASSERT_GT(cpus, 0u);
  std::mutex mutex;
  std::set<unsigned> seen;
  std::set<std::thread::id> threads;
  std::atomic<unsigned> arrived{0};
  workload.on_every_cpu([&](unsigned cpu) {
    // Ends only if every body runs at the same time.
    ++arrived;
    while (arrived < cpus) ::sched_yield();
    const std::scoped_lock lock(mutex);
    EXPECT_EQ(static_cast<unsigned>(::sched_getcpu()), cpu);
    EXPECT_EQ(workload.cpus(), cpus);
    seen.insert(cpu);
    threads.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(seen.size(), cpus);
  EXPECT_EQ(threads.size(), cpus);
  EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
}

TEST(Workload, AFailureOnOneCpuReachesTheBodyAfterAllEnded) {
  QuietHost host;
  Workload workload(host, 1);
  std::atomic<unsigned> ended{0};
  EXPECT_THROW(workload.on_every_cpu([&](unsigned) {
    ++ended;
    BSC_SETUP(Status(guest_error("no memory")));
  }),
               SetupFailed);
  EXPECT_EQ(ended, workload.cpus());
}

}  // namespace
}  // namespace bioscope::scenario

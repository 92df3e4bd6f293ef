// SPDX-License-Identifier: GPL-2.0-only
#include "harness/plan/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bioscope::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const wire::Fault kDelay{
    .name = "late", .kind = "delay", .at = {.hook = "entry:clone_endio"}, .delay_us = 100};
const wire::Fault kMeet{.name = "meet",
                        .kind = "rendezvous",
                        .at = {.hook = "entry:f"},
                        .until = {.hook = "entry:g"},
                        .delay_us = 100};

TEST(Plan, ComesBackFromJsonAsItWas) {
  const Plan plan{.scenario = "dm/a",
                  .kernel = "12ab",
                  .seed = 7,
                  .boot = {"preempt=full"},
                  .faults = {kDelay, kMeet}};
  const Plan back = parse(to_json(plan)).value();
  EXPECT_EQ(back.scenario, "dm/a");
  EXPECT_EQ(back.kernel, "12ab");
  EXPECT_EQ(back.seed, 7u);
  EXPECT_EQ(back.boot, plan.boot);
  EXPECT_EQ(back.faults, plan.faults);
}

TEST(Plan, IsWhatARunStoresOfATrial) {
  const Plan plan =
      parse(R"({"schema": 1, "scenario": "dm/a", "number": 3, "attempt": 0, "guest": 6,
      "seed": 4, "kernel": "12ab", "release": "6.1", "command": [], "needs": ["cpus:2"],
      "probes": [], "oracles": [], "witness": [], "boot": [], "expects_errors": false,
      "expect": "", "expect_finding": "",
      "faults": [{"name": "a", "kind": "error", "at": {"hook": "bio"}}]})")
          .value();
  EXPECT_EQ(plan.seed, 4u);
  ASSERT_EQ(plan.faults.size(), 1u);
  EXPECT_EQ(plan.faults[0].kind, "error");
}

TEST(Plan, WhatIsWrongIsNamed) {
  const auto why = [](std::string_view text) {
    const auto parsed = parse(text);
    if (parsed) return std::string("nothing");
    EXPECT_EQ(parsed.error().blame, Blame::kUsage);
    return parsed.error().what;
  };
  EXPECT_THAT(why("{"), HasSubstr("not readable"));
  EXPECT_THAT(why("[]"), HasSubstr("JSON object"));
  EXPECT_THAT(why("{}"), HasSubstr("\"schema\""));
  EXPECT_THAT(why(R"({"schema": 2})"), HasSubstr("schema 2"));
  EXPECT_THAT(why(R"({"schema": 1, "fault": []})"), HasSubstr("\"fault\""));
  EXPECT_THAT(why(R"({"schema": 1, "seed": "x"})"), HasSubstr("\"seed\""));
  EXPECT_THAT(why(R"({"schema": 1, "seed": -3})"), HasSubstr("-3"));
  EXPECT_THAT(why(R"({"schema": 1, "scenario": 3})"), HasSubstr("not readable"));
  EXPECT_THAT(why(R"({"schema": 1, "faults": [{"name": "a", "kind": "delay", "hitt": 3}]})"),
              HasSubstr("\"hitt\""));
  EXPECT_THAT(why(R"({"schema": 1, "faults": [{"name": "a", "kind": "delay",
                      "at": {"hook": "entri:f"}, "delay_us": 1}]})"),
              HasSubstr("entri:f"));
}

TEST(Plan, ItsBootArgumentsFollowTheScenarios) {
  EXPECT_THAT(boot_arguments({"a=1"}, {.boot = {"preempt=full", "a=1"}}),
              ElementsAre("a=1", "preempt=full"));
  EXPECT_THAT(boot_arguments({}, {}), IsEmpty());
}

TEST(Plan, ARendezvousAsksForPreemption) {
  EXPECT_THAT(boot_arguments({}, {.faults = {kDelay}}), IsEmpty());
  wire::Fault at_point = kMeet;
  at_point.at.hook = "point:p";
  EXPECT_THAT(boot_arguments({}, {.faults = {at_point}}), IsEmpty());
  EXPECT_THAT(boot_arguments({"quiet"}, {.faults = {kDelay, kMeet}}),
              ElementsAre("quiet", "preempt=full"));
  EXPECT_THAT(boot_arguments({"preempt=none"}, {.faults = {kMeet}}), ElementsAre("preempt=none"));
  EXPECT_THAT(boot_arguments({}, {.boot = {"preempt=voluntary"}, .faults = {kMeet}}),
              ElementsAre("preempt=voluntary"));
}

}  // namespace
}  // namespace bioscope::plan

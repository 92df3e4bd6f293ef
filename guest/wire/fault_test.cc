// SPDX-License-Identifier: GPL-2.0-only
#include "guest/wire/fault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace bioscope::wire {
namespace {

using ::testing::HasSubstr;

Fault delay() {
  return {.name = "late", .kind = "delay", .at = {.hook = "entry:clone_endio"}, .delay_us = 100};
}

Fault rendezvous() {
  return {.name = "meet",
          .kind = "rendezvous",
          .at = {.hook = "point:dm_io_freed",
                 .where = {.task = "bsc/*",
                           .cgroup = "a",
                           .device = "dm-0",
                           .operation = "write",
                           .flags = {"fua", "sync"},
                           .context = "softirq"}},
          .until = {.hook = "exit:dm_suspend", .where = {.task = "suspender"}},
          .hit = 3,
          .count = 2,
          .delay_us = 5000};
}

Fault error() { return {.name = "bad", .kind = "error", .at = {.hook = "bio"}}; }

TEST(Fault, ComesBackFromJsonAsItWas) {
  Fault declared = delay();
  declared.planned = true;
  for (const Fault& fault : {delay(), rendezvous(), error(), declared}) {
    ASSERT_TRUE(check(fault)) << check(fault).error().what;
    EXPECT_EQ(nlohmann::json(fault).get<Fault>(), fault);
  }
}

TEST(Fault, WhatItCannotReadIsRefused) {
  for (const char* text :
       {R"({"name":"a","kinds":"delay"})", R"({"at":{"hooks":"bio"}})",
        R"({"at":{"hook":"bio","where":{"tasks":"a"}}})", R"({"until":{"were":{}}})",
        R"({"hit":-1})", R"({"count":1.5})", R"({"delay_us":"1"})"})
    EXPECT_THROW(static_cast<void>(nlohmann::json::parse(text).get<Fault>()),
                 nlohmann::json::exception)
        << text;
}

TEST(Fault, WhatCannotBeIsNamed) {
  const auto why = [](Fault fault, auto&& spoil) {
    spoil(fault);
    const Status checked = check(fault);
    return checked ? std::string("nothing") : checked.error().what;
  };
  EXPECT_THAT(why(delay(), [](Fault& f) { f.name.clear(); }), HasSubstr("name"));
  EXPECT_THAT(why(delay(), [](Fault& f) { f.kind = "dely"; }), HasSubstr("\"dely\""));
  EXPECT_THAT(why(delay(), [](Fault& f) { f.delay_us = 0; }), HasSubstr("delay_us"));
  EXPECT_THAT(why(delay(), [](Fault& f) { f.delay_us = 1'000'001; }), HasSubstr("1000000"));
  EXPECT_THAT(why(delay(), [](Fault& f) { f.hit = 0; }), HasSubstr("begin at 1"));
  EXPECT_THAT(why(delay(), [](Fault& f) { f.count = 0; }), HasSubstr("begin at 1"));
  EXPECT_THAT(why(delay(), [](Fault& f) { f.until.hook = "entry:a"; }), HasSubstr("until"));
  EXPECT_EQ(why(delay(), [](Fault& f) { f.at.hook = "entry:a|b_2"; }), "nothing");
  EXPECT_THAT(why(delay(), [](Fault& f) { f.at.hook = "bio"; }), HasSubstr("only an error"));
  for (const char* hook : {"", "entry:", "entry", "kprobe:f", "entry:a+4", "entry:a|", "entry:|a",
                           "point:a b", "point:a|b"})
    EXPECT_THAT(why(delay(), [&](Fault& f) { f.at.hook = hook; }), HasSubstr("is no hook")) << hook;
  EXPECT_THAT(why(delay(), [](Fault& f) { f.at.where.operation = "trim"; }), HasSubstr("discard"));
  EXPECT_THAT(why(delay(), [](Fault& f) { f.at.where.flags = {"FUA"}; }), HasSubstr("fua"));
  EXPECT_THAT(why(delay(), [](Fault& f) { f.at.where.context = "irq"; }), HasSubstr("hardirq"));
  EXPECT_THAT(why(delay(), [](Fault& f) { f.at.where.task = "a*b"; }), HasSubstr("at its end"));
  EXPECT_THAT(why(delay(), [](Fault& f) { f.at.where.task = std::string(16, 'a'); }),
              HasSubstr("15 bytes"));
  EXPECT_EQ(why(delay(), [](Fault& f) { f.at.where.task = std::string(15, 'a') + "*"; }),
            "nothing");
  EXPECT_THAT(why(rendezvous(), [](Fault& f) { f.until = {}; }), HasSubstr("until"));
  EXPECT_THAT(why(rendezvous(), [](Fault& f) { f.until.hook = "bio"; }), HasSubstr("until"));
  EXPECT_THAT(why(error(), [](Fault& f) { f.at.hook = "entry:bio_endio"; }), HasSubstr("\"bio\""));
  EXPECT_THAT(why(error(), [](Fault& f) { f.delay_us = 1; }), HasSubstr("delay_us"));
}

TEST(Faults, AreAsManyAsThereAreSlots) {
  std::vector<Fault> faults;
  for (int i = 0; i < 8; ++i) {
    faults.push_back(delay());
    faults.back().name += std::to_string(i);
  }
  EXPECT_TRUE(check(faults));
  faults.push_back(rendezvous());
  EXPECT_TRUE(check(faults)) << "a point and an exit";
  faults.push_back(delay());
  EXPECT_THAT(check(faults).error().what, HasSubstr("more than 8"));
  faults.back().name = "late0";
  faults.back().at.hook = "exit:clone_endio";
  EXPECT_THAT(check(faults).error().what, HasSubstr("two faults are called \"late0\""));
}

}  // namespace
}  // namespace bioscope::wire

// SPDX-License-Identifier: GPL-2.0-only
#include "harness/testing/scripted_machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bioscope::testing {
namespace {

using machine::Channel;
using Kind = machine::Lifecycle::Kind;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ScriptedMachine, PlaysItsTableInItsTime) {
  ManualClock clock;
  clock.advance(seconds(100));
  ScriptedMachine machine(clock, {lives(milliseconds(0), Kind::kStarted),
                                  says(milliseconds(500), Channel::kControl, "hello"),
                                  lives(seconds(3), Kind::kPoweredOff)});
  ASSERT_TRUE(machine.boot());
  const auto booted = clock.now();

  auto happening = *machine.next(booted + seconds(1));
  ASSERT_TRUE(happening);
  EXPECT_EQ(std::get<machine::Lifecycle>(*happening).kind, Kind::kStarted);
  EXPECT_EQ(clock.now(), booted);

  happening = *machine.next(booted + seconds(1));
  ASSERT_TRUE(happening);
  EXPECT_EQ(std::get<machine::Bytes>(*happening).bytes, "hello");
  EXPECT_EQ(clock.now(), booted + milliseconds(500));

  EXPECT_FALSE(*machine.next(booted + seconds(1)));
  EXPECT_EQ(clock.now(), booted + seconds(1));
  EXPECT_TRUE(machine.vitals().alive);

  EXPECT_TRUE(*machine.next(booted + seconds(9)));
  EXPECT_EQ(clock.now(), booted + seconds(3));
  EXPECT_FALSE(machine.vitals().alive);
}

TEST(ScriptedMachine, ASilentGuestLetsTimePass) {
  ManualClock clock;
  ScriptedMachine machine(clock, {});
  ASSERT_TRUE(machine.boot());
  const auto until = clock.now() + seconds(5);
  EXPECT_FALSE(*machine.next(until));
  EXPECT_EQ(clock.now(), until);
}

TEST(ScriptedMachine, AfterTheLastLifecycleComesTheRestThenNothingAtOnce) {
  ManualClock clock;
  ScriptedMachine machine(
      clock, {lives(seconds(1), Kind::kGone), says(seconds(1), Channel::kTrace, "rest"),
              closes(seconds(1), Channel::kTrace)});
  ASSERT_TRUE(machine.boot());
  const auto until = clock.now() + seconds(9);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(*machine.next(until));
  const auto ended = clock.now();
  EXPECT_FALSE(*machine.next(until));
  EXPECT_EQ(clock.now(), ended);
}

TEST(ScriptedMachine, TellsALateCallerWhatHasHappened) {
  ManualClock clock;
  ScriptedMachine machine(clock, {says(seconds(1), Channel::kConsole, "x")});
  ASSERT_TRUE(machine.boot());
  clock.advance(seconds(2));
  EXPECT_TRUE(*machine.next(clock.now() - seconds(1)));
}

TEST(ScriptedMachine, RecordsWhatItIsTold) {
  ManualClock clock;
  ScriptedMachine machine(clock, {});
  ASSERT_TRUE(machine.boot());
  ASSERT_TRUE(machine.send("one "));
  ASSERT_TRUE(machine.send("two"));
  ASSERT_TRUE(machine.perform({.action = "starve", .argument = "2"}));
  EXPECT_EQ(machine.sent(), "one two");
  ASSERT_EQ(machine.performed().size(), 1U);
  EXPECT_EQ(machine.performed()[0].argument, "2");
  EXPECT_FALSE(machine.destroyed());
  machine.destroy();
  EXPECT_TRUE(machine.destroyed());
}

TEST(ScriptedMachine, FailsAsTold) {
  ManualClock clock;
  ScriptedMachine broken(clock, {});
  broken.fail_boot({Blame::kHost, 0, "no QEMU"});
  EXPECT_EQ(broken.boot().error().what, "no QEMU");

  ScriptedMachine breaking(clock, {lives(seconds(0), Kind::kStarted)});
  breaking.fail_at_end({Blame::kHost, 0, "poll broke"});
  ASSERT_TRUE(breaking.boot());
  EXPECT_TRUE(breaking.next(clock.now()));
  EXPECT_EQ(breaking.next(clock.now()).error().what, "poll broke");
}

TEST(ScriptedMachine, HasTheVitalsItIsGiven) {
  ManualClock clock;
  ScriptedMachine machine(clock, {});
  machine.set_vitals([](Clock::duration since) {
    return machine::Vitals{.alive = true,
                           .delay_ns = static_cast<std::uint64_t>(since.count()) * 2};
  });
  ASSERT_TRUE(machine.boot());
  clock.advance(seconds(1));
  EXPECT_EQ(machine.vitals().delay_ns, 2'000'000'000U);
}

}  // namespace
}  // namespace bioscope::testing

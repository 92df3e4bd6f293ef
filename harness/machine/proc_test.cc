// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/proc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/machine/child_fixture.h"
#include "harness/machine/vitals.h"

namespace bioscope::machine {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

TEST(Proc, SeesThisProcess) {
  const auto self = look_at(::getpid());
  ASSERT_TRUE(self);
  EXPECT_EQ(self->parent, ::getppid());
  EXPECT_GT(self->start, 0U);
  EXPECT_THAT(command_line(::getpid()), HasSubstr("harness_machine_test"));
}

TEST(Proc, IsNotFooledByNames) {
  const TestChild child([] {
    ::prctl(PR_SET_NAME, "a) Z 1 (b");
    for (;;) ::pause();
  });
  const auto seen = eventually([&] {
    auto process = look_at(child.pid());
    return process && process->state == 'S' ? process : std::nullopt;
  });
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->parent, ::getpid());
}

TEST(Proc, HoldRefusesAnotherProcessOfThatPid) {
  auto self = *look_at(::getpid());
  EXPECT_TRUE(static_cast<bool>(hold(self)));
  ++self.start;
  EXPECT_FALSE(static_cast<bool>(hold(self)));
}

TEST(Proc, HeldProcessIsKilledAndItsEndSeen) {
  const TestChild child([] {
    for (;;) ::pause();
  });
  const auto held = hold(*look_at(child.pid()));
  ASSERT_TRUE(static_cast<bool>(held));
  EXPECT_FALSE(ends_within(held, 0));
  EXPECT_TRUE(send_signal(held, SIGKILL));
  EXPECT_TRUE(ends_within(held, 5000));
}

TEST(Proc, AGoneProcessIsNotThere) {
  pid_t pid = 0;
  {
    const TestChild child([] { ::pause(); });
    pid = child.pid();
  }
  EXPECT_FALSE(look_at(pid));
  EXPECT_EQ(command_line(pid), "");
}

// A vCPU thread, as far as its name goes.
[[noreturn]] void spin_as_vcpu() {
  ::prctl(PR_SET_NAME, "CPU 0/TCG");
  for (;;) ::getppid();
}

TEST(Vitals, CountsTheTimeOfVcpus) {
  const TestChild child(spin_as_vcpu);
  VitalSigns signs(*look_at(child.pid()));
  const auto busy = eventually([&]() -> std::optional<Vitals> {
    const auto vitals = signs.sample(SteadyClock().now());
    return vitals.cpu_ns > 20'000'000 ? std::optional(vitals) : std::nullopt;
  });
  ASSERT_TRUE(busy);
  EXPECT_TRUE(busy->alive);
  EXPECT_FALSE(busy->stopped);
}

TEST(Vitals, IgnoresOtherThreads) {
  const TestChild child([] {
    for (;;) ::getppid();
  });
  VitalSigns signs(*look_at(child.pid()));
  ::usleep(30'000);
  EXPECT_EQ(signs.sample(SteadyClock().now()).cpu_ns, 0U);
}

TEST(Vitals, TimeStoppedIsDelay) {
  const TestChild child(spin_as_vcpu);
  VitalSigns signs(*look_at(child.pid()));
  // Wait for the name: until then it is no vCPU.
  ASSERT_TRUE(eventually([&]() -> std::optional<bool> {
    return signs.sample(SteadyClock().now()).cpu_ns > 0 ? std::optional(true) : std::nullopt;
  }));
  ::kill(child.pid(), SIGSTOP);
  ManualClock clock;
  const auto stopped = eventually([&]() -> std::optional<Vitals> {
    const auto vitals = signs.sample(clock.now());
    return vitals.stopped ? std::optional(vitals) : std::nullopt;
  });
  ASSERT_TRUE(stopped);
  clock.advance(milliseconds(700));
  const auto later = signs.sample(clock.now());
  EXPECT_EQ(later.delay_ns - stopped->delay_ns, 700'000'000U);
  EXPECT_EQ(later.cpu_ns, stopped->cpu_ns);
  ::kill(child.pid(), SIGCONT);
  clock.advance(milliseconds(300));
  const auto awake = signs.sample(clock.now());
  EXPECT_FALSE(awake.stopped);
  EXPECT_GE(awake.delay_ns - stopped->delay_ns, 1'000'000'000U);
  clock.advance(milliseconds(5000));
  EXPECT_LT(signs.sample(clock.now()).delay_ns - awake.delay_ns, 5'000'000'000U);
}

TEST(Vitals, ADeadEmulatorIsNotAlive) {
  auto gone = *look_at(::getpid());
  ++gone.start;
  EXPECT_FALSE(VitalSigns(gone).sample(SteadyClock().now()).alive);
}

}  // namespace
}  // namespace bioscope::machine

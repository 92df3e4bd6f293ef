// SPDX-License-Identifier: GPL-2.0-only
// What the watcher sees of guests that behave, misbehave, lie and die, on a scripted machine.
#include "harness/run/watcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "guest/wire/frame.h"
#include "harness/base/file.h"
#include "harness/evidence/account.h"
#include "harness/evidence/trace_reader.h"
#include "harness/testing/scripted_machine.h"
#include "harness/testing/tape.h"

namespace bioscope::run {
namespace {

using namespace std::chrono_literals;
using machine::Channel;
using machine::Lifecycle;
using testing::closes;
using testing::lives;
using testing::says;
using testing::ScriptedMachine;
using Steps = std::vector<ScriptedMachine::Step>;

std::string frame(const wire::ToHost& message) {
  return wire::encode(wire::FrameKind::kMessage, wire::to_json(message));
}

ScriptedMachine::Step tells(Clock::duration at, const wire::ToHost& message) {
  return says(at, Channel::kControl, frame(message));
}

wire::Hello hello() { return {.abi = BSC_ABI_VERSION, .release = "6.1.0"}; }

class WatcherTest : public ::testing::Test {
 protected:
  WatcherTest() {
    guest_ = std::filesystem::temp_directory_path() / fmt::format("bsc-watch-{}", ::getpid());
    EXPECT_TRUE(make_directories(guest_));
  }
  ~WatcherTest() override { std::filesystem::remove_all(guest_); }

  evidence::Session see(Steps steps) {
    ScriptedMachine machine(clock_, std::move(steps));
    return see(machine);
  }

  evidence::Session see(ScriptedMachine& machine) {
    Recorder recorder = Recorder::create(guest_, "a/b").value();
    const evidence::Session session = watch(machine, clock_, recorder, watch_);
    EXPECT_TRUE(machine.destroyed() || session.running < 0) << "a guest was left behind";
    return session;
  }

  // Heartbeats from `from` until `to`, ten a second, that tell of progress or do not.
  static void beat(Steps& steps, Clock::duration from, Clock::duration to, bool progress) {
    std::uint64_t count = 0;
    for (auto at = from; at < to; at += 100ms, ++count)
      steps.push_back(tells(at, wire::Heartbeat{.count = count, .progress = progress ? count : 0}));
  }

  evidence::Account account() {
    return evidence::read_account(read_file(guest_ / "control.jsonl").value());
  }

  ManualClock clock_;
  Watch watch_{.vcpus = 2};
  std::filesystem::path guest_;
};

TEST_F(WatcherTest, RecordsAGuestThatDoesItsWork) {
  testing::Tape tape;
  tape.alloc(1).submit(1).endio(1).free(1);
  Steps steps{tells(2s, hello())};
  beat(steps, 2s, 3s, true);
  steps.push_back(tells(3s, wire::ScenarioEnd{.outcome = "passed"}));
  steps.push_back(tells(3s, wire::Loss{.taken = tape.taken(), .records = 4}));
  steps.push_back(tells(3s, wire::Bye{}));
  // The last records come after the last word, on the other channel.
  steps.push_back(
      says(3100ms, Channel::kTrace, wire::encode(wire::FrameKind::kRecords, tape.bytes())));
  ScriptedMachine machine(clock_, steps);
  const auto session = see(machine);
  EXPECT_EQ(session.end, "destroyed");
  EXPECT_EQ(session.expired, "");
  EXPECT_DOUBLE_EQ(session.hello, 2);
  EXPECT_DOUBLE_EQ(session.bye, 3);
  EXPECT_EQ(session.heartbeats, 10u);
  EXPECT_THAT(machine.sent(), ::testing::HasSubstr("\"start\""));
  EXPECT_EQ(account().end->outcome, "passed");
  auto reader = evidence::TraceReader::open(guest_ / "trace").value();
  reader.ledger().report(*account().loss);
  unsigned records = 0;
  while (reader.next() != nullptr) ++records;
  EXPECT_EQ(records, 4u);
  EXPECT_TRUE(reader.ledger().complete());
}

// A trial of a guest that may have another, and what it did.
Steps shared_trial(Clock::duration at, const testing::Tape& tape, std::uint64_t records,
                   const wire::ToHost& last) {
  return {tells(at, wire::ScenarioEnd{.outcome = "passed"}),
          says(at, Channel::kTrace, wire::encode(wire::FrameKind::kRecords, tape.bytes())),
          tells(at, wire::Loss{.taken = tape.taken(), .records = records}), tells(at, last)};
}

TEST_F(WatcherTest, AGuestThatRestsHasAnotherTrial) {
  testing::Tape tape;
  tape.alloc(1).submit(1).endio(1).free(1);
  Steps steps{tells(2s, hello()),
              tells(2s, wire::Armed{.programs = {{.name = "p", .attached = true}}})};
  for (const auto& step : shared_trial(3s, tape, 4, wire::Rest{})) steps.push_back(step);
  for (const auto& step : shared_trial(5s, tape, 4, wire::Rest{})) steps.push_back(step);
  for (const auto& step : shared_trial(6s, tape, 4, wire::Bye{})) steps.push_back(step);
  ScriptedMachine machine(clock_, steps);
  watch_.console = guest_ / "console";
  const std::string first = "booted\n", second = "more\n";
  ASSERT_TRUE(write_file(watch_.console, first));
  Watcher watcher(machine, clock_, watch_);
  const auto trial = [&](const std::string& name, const auto& run) {
    EXPECT_TRUE(make_directories(guest_ / name));
    Recorder recorder = Recorder::create(guest_ / name, "a/b").value();
    const evidence::Session session = run(recorder);
    const auto account = evidence::read_account(read_file(guest_ / name / "control.jsonl").value());
    EXPECT_TRUE(account.hello && account.armed && account.end && account.bye) << name;
    EXPECT_TRUE(account.armed->programs.at(0).attached);
    auto reader = evidence::TraceReader::open(guest_ / name / "trace").value();
    reader.ledger().report(*account.loss);
    unsigned records = 0;
    while (reader.next() != nullptr) ++records;
    EXPECT_EQ(records, 4u) << name;
    EXPECT_TRUE(reader.ledger().complete()) << name;
    return session;
  };
  const auto one = trial("0", [&](Recorder& recorder) { return watcher.boot(recorder); });
  EXPECT_EQ(one.end, "rests");
  EXPECT_EQ(one.nth, 0u);
  EXPECT_EQ(one.console_begin, 0u);
  EXPECT_EQ(one.console_end, first.size());
  ASSERT_TRUE(watcher.rests());
  EXPECT_FALSE(machine.destroyed());

  const wire::Start start{.scenario = "a/b", .trial = 1, .seed = 7, .share = true};
  const auto two = trial("1", [&](Recorder& recorder) { return watcher.next(recorder, start); });
  EXPECT_EQ(two.end, "rests");
  EXPECT_EQ(two.nth, 1u);
  EXPECT_EQ(two.console_begin, first.size());
  EXPECT_THAT(machine.sent(), ::testing::HasSubstr("\"seed\":7"));

  ASSERT_TRUE(write_file(watch_.console, first + second));
  const auto three = trial("2", [&](Recorder& recorder) { return watcher.next(recorder, start); });
  EXPECT_EQ(three.end, "destroyed");
  EXPECT_EQ(three.nth, 2u);
  EXPECT_EQ(three.console_begin, first.size() + second.size());
  EXPECT_EQ(three.console_end, 0u);
  EXPECT_FALSE(watcher.rests());
  EXPECT_TRUE(machine.destroyed());
}

TEST_F(WatcherTest, AGuestThatDiesWhileItRestsIsTheNextTrialsEnd) {
  testing::Tape tape;
  tape.alloc(1).submit(1).endio(1).free(1);
  Steps steps{tells(2s, hello())};
  for (const auto& step : shared_trial(3s, tape, 4, wire::Rest{})) steps.push_back(step);
  steps.push_back(lives(4s, Lifecycle::Kind::kPanicked));
  ScriptedMachine machine(clock_, steps);
  Watcher watcher(machine, clock_, watch_);
  Recorder recorder = Recorder::create(guest_, "a/b").value();
  EXPECT_EQ(watcher.boot(recorder).end, "rests");
  Recorder another = Recorder::create(guest_, "a/b").value();
  EXPECT_EQ(watcher.next(another, {}).end, "panicked");
  EXPECT_FALSE(watcher.rests());
  EXPECT_TRUE(machine.destroyed());
}

TEST_F(WatcherTest, AGuestThatNobodyWantsAnyMoreIsEnded) {
  testing::Tape tape;
  tape.alloc(1).submit(1).endio(1).free(1);
  Steps steps{tells(2s, hello())};
  for (const auto& step : shared_trial(3s, tape, 4, wire::Rest{})) steps.push_back(step);
  ScriptedMachine machine(clock_, steps);
  {
    Watcher watcher(machine, clock_, watch_);
    Recorder recorder = Recorder::create(guest_, "a/b").value();
    watcher.boot(recorder);
    EXPECT_FALSE(machine.destroyed());
  }
  EXPECT_TRUE(machine.destroyed());
}

// What the guest says that it sent has not come: its record is not whole, and it gets no other.
TEST_F(WatcherTest, AGuestWhoseRecordsDoNotComeHasNoOtherTrial) {
  testing::Tape tape;
  tape.alloc(1).submit(1).endio(1).free(1);
  Steps steps{tells(2s, hello())};
  for (const auto& step : shared_trial(3s, tape, 5, wire::Rest{})) steps.push_back(step);
  ScriptedMachine machine(clock_, steps);
  Watcher watcher(machine, clock_, watch_);
  Recorder recorder = Recorder::create(guest_, "a/b").value();
  watcher.boot(recorder);
  EXPECT_FALSE(watcher.rests());
  EXPECT_TRUE(machine.destroyed());
}

TEST_F(WatcherTest, ASecondGuestOfAKernelNeedNotNameItsText) {
  constexpr std::string_view kKernel =
      "ffffffff81000000 T _stext\nffffffff81000040 t bio_chain_endio\n";
  constexpr std::string_view kModule = "ffffffffc0000000 t clone_endio\t[dm_mod]\n";
  watch_.symbols = KernelSymbols(guest_ / "cache");
  auto known = hello();
  known.build_id = "c0ffee";
  known.text_begin = 0xffffffff81000000;
  const auto boot = [&](const std::string& names) {
    ScriptedMachine machine(
        clock_,
        {tells(2s, known), says(3s, Channel::kControl, wire::encode_artifact("kallsyms", names)),
         tells(3s, wire::Bye{})});
    see(machine);
    EXPECT_EQ(read_file(guest_ / "kallsyms").value(), std::string(kKernel).append(kModule));
    return machine.sent();
  };
  EXPECT_THAT(boot(std::string(kKernel).append(kModule)),
              ::testing::HasSubstr("\"want_kernel_symbols\":true"));
  EXPECT_THAT(boot(std::string(kModule)),
              ::testing::AllOf(
                  ::testing::HasSubstr("\"want_kernel_symbols\":false"),
                  ::testing::HasSubstr(fmt::format("\"bio_chain_endio\":{}", 0xffffffff81000040))));
}

TEST_F(WatcherTest, ATraceThatNeverComesWholeStaysOpen) {
  Steps steps{tells(2s, hello()), tells(3s, wire::Loss{.records = 7}), tells(3s, wire::Bye{})};
  const auto session = see(steps);
  EXPECT_DOUBLE_EQ(session.bye, 3);
  EXPECT_FALSE(std::filesystem::exists(guest_ / "trace"));
  EXPECT_EQ(account().loss->records, 7u) << "the judge sees that 7 records are missing";
}

TEST_F(WatcherTest, BootThatIsNeverReached) {
  const auto session = see({says(1s, Channel::kConsole, "Linux version\n")});
  EXPECT_EQ(session.expired, "boot");
  EXPECT_LT(session.hello, 0);
  EXPECT_DOUBLE_EQ(session.first_output, 1);
  EXPECT_THAT(read_file(guest_ / "registers").value(), ::testing::HasSubstr("RIP="));
}

TEST_F(WatcherTest, TheMemoryOfACrashIsKeptWhereItIsAskedFor) {
  const std::vector<Steps> crashes{
      {says(1s, Channel::kConsole, "Linux version\n")},
      {tells(1s, hello()), lives(2s, Lifecycle::Kind::kPanicked)},
  };
  for (const Steps& crash : crashes) {
    watch_.dump.clear();
    see(crash);
    EXPECT_FALSE(std::filesystem::exists(guest_ / "memory.kdump"));
    watch_.dump = guest_ / "memory.kdump";
    EXPECT_EQ(see(crash).dump_error, "");
    EXPECT_TRUE(std::filesystem::remove(watch_.dump));
  }
  see({tells(1s, hello()), tells(2s, wire::Bye{})});
  EXPECT_FALSE(std::filesystem::exists(watch_.dump)) << "nothing crashed";
  watch_.dump = "/nowhere/memory.kdump";
  EXPECT_NE(see(crashes[1]).dump_error, "");
}

TEST_F(WatcherTest, NoProgressIsToldByHeartbeatsNotByTheConsole) {
  Steps steps{tells(1s, hello()), tells(1s, wire::Phase{.name = "run"})};
  beat(steps, 1s, 40s, false);
  for (int i = 0; i < 40; ++i) steps.push_back(says(40s, Channel::kConsole, "noise\n"));
  const auto session = see(steps);
  EXPECT_EQ(session.expired, "no_progress");
  EXPECT_NEAR(session.ended, 1 + 10 + 1, 0.5) << "the clock, and a second of grace";
  EXPECT_FALSE(session.starved());
}

TEST_F(WatcherTest, ProgressHoldsTheScenarioClockOnly) {
  Steps steps{tells(1s, hello()), tells(1s, wire::Phase{.name = "run"})};
  beat(steps, 1s, 40s, true);
  EXPECT_EQ(see(steps).expired, "scenario");
}

TEST_F(WatcherTest, Silence) {
  Steps steps{tells(1s, hello())};
  beat(steps, 1s, 3s, true);
  const auto session = see(steps);
  EXPECT_EQ(session.expired, "silent");
  EXPECT_NEAR(session.ended, 3 + 5 + 1, 0.5) << "the clock, and a second of grace";
}

TEST_F(WatcherTest, AGuestThatTheHostStarvesIsKnownByItsVitals) {
  Steps steps{tells(1s, hello())};
  ScriptedMachine machine(clock_, steps);
  machine.set_vitals([](Clock::duration at) {
    return machine::Vitals{
        .alive = true, .cpu_ns = 0, .delay_ns = static_cast<std::uint64_t>(at.count())};
  });
  const auto session = see(machine);
  EXPECT_EQ(session.expired, "silent");
  EXPECT_TRUE(session.starved());
}

TEST_F(WatcherTest, AGuestThatTheHostStarvedForAWhileIsKnownAfterwards) {
  // Two vCPUs that always want to run; between 10 s and 16 s they get a quarter of what they want.
  const auto worst = [this](double share) {
    Steps steps{tells(1s, hello())};
    beat(steps, 1s, 30s, true);
    steps.push_back(tells(30s, wire::Bye{}));
    ScriptedMachine machine(clock_, steps);
    machine.set_vitals([share](Clock::duration at) {
      const double now = std::chrono::duration<double>(at).count();
      const double bad = std::clamp(now - 10, 0.0, 6.0);
      return machine::Vitals{.alive = true,
                             .cpu_ns = static_cast<std::uint64_t>((now - bad * share) * 2e9),
                             .delay_ns = static_cast<std::uint64_t>(bad * share * 2e9)};
    });
    return see(machine);
  };
  const auto starved = worst(0.75);
  EXPECT_EQ(starved.expired, "");
  EXPECT_NEAR(starved.starvation, 0.75, 0.05);
  EXPECT_TRUE(starved.crawled());
  EXPECT_FALSE(worst(0.3).crawled());
}

TEST_F(WatcherTest, EveryEndHasItsName) {
  const std::pair<Lifecycle::Kind, const char*> ends[] = {
      {Lifecycle::Kind::kPanicked, "panicked"},
      {Lifecycle::Kind::kPoweredOff, "powered_off"},
      {Lifecycle::Kind::kReset, "reset"},
      {Lifecycle::Kind::kWatchdog, "watchdog"},
      {Lifecycle::Kind::kGone, "gone"}};
  for (const auto& [kind, name] : ends) {
    const auto session = see({tells(1s, hello()), lives(2s, kind)});
    EXPECT_EQ(session.end, name);
    EXPECT_DOUBLE_EQ(session.ended, 2) << name;
    EXPECT_EQ(session.expired, "") << name;
  }
}

TEST_F(WatcherTest, WhatComesAfterAPanicIsStillRecorded) {
  const auto session = see({tells(1s, hello()), lives(2s, Lifecycle::Kind::kPanicked),
                            tells(2100ms, wire::Log{.text = "late"})});
  EXPECT_EQ(session.end, "panicked");
  EXPECT_THAT(read_file(guest_ / "control.jsonl").value(), ::testing::HasSubstr("late"));
}

TEST_F(WatcherTest, GarbageOnEitherChannelIsKeptApart) {
  EXPECT_NE(see({says(1s, Channel::kControl, std::string(64, 'x'))}).control_fault, "");
  const auto session = see({tells(1s, hello()), says(1s, Channel::kTrace, std::string(64, 'x')),
                            tells(2s, wire::Loss{}), tells(2s, wire::Bye{})});
  EXPECT_NE(session.trace_fault, "");
  EXPECT_EQ(session.control_fault, "");
}

TEST_F(WatcherTest, AnAgentOfAnotherAbiIsRefused) {
  EXPECT_THAT(see({tells(1s, wire::Hello{.abi = 99})}).control_fault,
              ::testing::HasSubstr("ABI 99"));
}

TEST_F(WatcherTest, AnswersRequestsOfTheGuest) {
  ScriptedMachine machine(
      clock_, {tells(1s, hello()),
               tells(2s, wire::HostAction{.id = 7, .action = "unplug", .argument = "disk0"}),
               tells(3s, wire::Bye{})});
  const auto session = see(machine);
  ASSERT_EQ(machine.performed().size(), 1u);
  EXPECT_EQ(machine.performed()[0].argument, "disk0");
  EXPECT_THAT(machine.sent(), ::testing::HasSubstr("\"id\":7"));
  ASSERT_EQ(session.actions.size(), 1u);
  EXPECT_EQ(session.actions[0].action, "unplug");
}

TEST_F(WatcherTest, AMachineThatDoesNotBootIsTheHosts) {
  ScriptedMachine machine(clock_, {});
  machine.fail_boot({Blame::kHost, 0, "create domain: no memory"});
  const auto session = see(machine);
  EXPECT_THAT(session.host_error, ::testing::HasSubstr("no memory"));
  EXPECT_LT(session.running, 0);
}

TEST_F(WatcherTest, TheUsersInterruptEndsTheGuest) {
  std::stop_source source;
  watch_.stop = source.get_token();
  source.request_stop();
  EXPECT_TRUE(see({tells(1s, hello())}).interrupted);
}

TEST_F(WatcherTest, AChannelThatClosesForNoReasonIsAFault) {
  const auto session = see({tells(1s, hello()), closes(2s, Channel::kControl)});
  EXPECT_NE(session.control_fault, "");
  const auto gone = see(
      {tells(1s, hello()), closes(2s, Channel::kControl), lives(2100ms, Lifecycle::Kind::kGone)});
  EXPECT_EQ(gone.control_fault, "");
  EXPECT_EQ(gone.end, "gone");
}

}  // namespace
}  // namespace bioscope::run

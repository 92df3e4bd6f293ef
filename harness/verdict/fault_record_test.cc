// SPDX-License-Identifier: GPL-2.0-only
// What planned faults do to a verdict: one that did nothing shows nothing, and a guest that stalls
// while one holds a task up may be our doing.
#include "harness/verdict/fault_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/testing/tape.h"
#include "harness/verdict/judge.h"

namespace bioscope::verdict {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Tape;

struct Case {
  evidence::Trial trial{.scenario = "dm/linear",
                        .release = "6.1.0",
                        .faults = {{.name = "late",
                                    .kind = "delay",
                                    .at = {.hook = "entry:clone_endio"},
                                    .hit = 3,
                                    .delay_us = 1000}}};
  evidence::Session session{.vcpus = 2,
                            .running = 0.5,
                            .hello = 2,
                            .armed = 3,
                            .scenario_end = 4,
                            .bye = 4.2,
                            .ended = 4.3,
                            .end = "destroyed"};
  evidence::Account account;
  std::string console = "[    0.000000] Linux version 6.1.0 (x) #1\n";
  Tape tape;

  Case() {
    account.hello = wire::Hello{};
    account.armed = wire::Armed{.faults = {{.name = "late", .armed = true}}};
    account.loss = wire::Loss{.faults = {{.reached = 9, .hits = 5, .fired = 1}}};
    account.end = wire::ScenarioEnd{.outcome = "passed"};
    account.bye = true;
  }

  Case& wait(double from, double to, bsc_fault_step step = BSC_FAULT_RELEASE) {
    tape.at(static_cast<std::uint64_t>(from * 1e9)).fault(0, BSC_FAULT_ARRIVE, 0);
    tape.at(static_cast<std::uint64_t>(to * 1e9))
        .fault(0, step, static_cast<std::uint64_t>((to - from) * 1e9));
    return *this;
  }

  TrialResult judge() {
    evidence::Ledger ledger;
    std::size_t next = 0;
    const auto records = tape.records();
    const evidence::Symbols symbols("", "");
    const auto parsed = evidence::parse_console(console);
    return verdict::judge({.trial = trial,
                           .session = session,
                           .account = account,
                           .console = parsed,
                           .support = Support::parse("").value(),
                           .next = [&]() -> const bsc_record* {
                             return next < records.size() ? &Tape::record(records[next++])
                                                          : nullptr;
                           },
                           .ledger = ledger,
                           .symbols = symbols});
  }
};

TEST(Faults, ThatFiredPass) {
  Case c;
  const auto result = c.wait(1, 1.001).judge();
  EXPECT_EQ(result.verdict, Verdict::kPass);
  ASSERT_EQ(result.faults.size(), 1u);
  EXPECT_EQ(result.faults[0].fault, "late");
  EXPECT_EQ(result.faults[0].fired, 1u);
  EXPECT_EQ(result.faults[0].released, 1u);
}

TEST(Faults, OneThatTimedOutFired) {
  Case c;
  const auto result = c.wait(1, 1.1, BSC_FAULT_TIMEOUT).judge();
  EXPECT_EQ(result.verdict, Verdict::kPass);
  EXPECT_EQ(result.faults[0].timed_out, 1u);
}

TEST(Faults, OneThatNeverFiredShowsNothing) {
  Case c;
  c.account.loss->faults = {{.reached = 9, .hits = 2}};
  const auto result = c.judge();
  EXPECT_EQ(result.verdict, Verdict::kInconclusive);
  EXPECT_THAT(result.reasons, ElementsAre("planned fault \"late\" never fired: 2 of 9 calls of "
                                          "entry:clone_endio passed its filters, and hit 3 was to "
                                          "be the first"));
}

TEST(Faults, TheReasonWhyNoneFiredIsTheNearest) {
  const auto reason = [](wire::FaultCount count) {
    Case c;
    c.account.loss->faults = {count};
    return c.judge().reasons.at(0);
  };
  EXPECT_THAT(reason({}), HasSubstr("nothing came to entry:clone_endio"));
  EXPECT_THAT(reason({.reached = 4}), HasSubstr("none of 4 calls"));
  EXPECT_THAT(reason({.reached = 4, .hits = 4, .over_budget = 1}), HasSubstr("budget"));
}

TEST(Faults, OneThatWasNotArmedSaysWhy) {
  Case c;
  c.account.armed->faults[0] = {.name = "late", .armed = false, .why = "inlined"};
  c.account.loss->faults = {{}};
  const auto result = c.judge();
  EXPECT_EQ(result.verdict, Verdict::kInconclusive);
  EXPECT_THAT(result.reasons, ElementsAre("planned fault \"late\" was not armed: inlined"));
}

TEST(Faults, AFindingStandsWhateverFiredOrNot) {
  Case c;
  c.account.loss->faults = {{}};
  c.account.assertions = {{.file = "a.cc", .line = 3, .summary = "wrong"}};
  c.account.end->outcome = "failed";
  EXPECT_EQ(c.judge().verdict, Verdict::kFail);
}

constexpr char kLockup[] =
    "[   10.000000] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [bsc/0:12]\n";

TEST(Faults, AStallWhileOneHoldsATaskIsPossiblyOurs) {
  Case c;
  c.console += kLockup;
  const auto result = c.wait(8, 11).judge();
  EXPECT_EQ(result.verdict, Verdict::kInconclusive);
  EXPECT_THAT(result.reasons, Contains(HasSubstr("possibly ours")));
}

TEST(Faults, AStallWhileATaskIsStillHeldIsPossiblyOurs) {
  Case c;
  c.console += kLockup;
  c.tape.at(8'000'000'000).fault(0, BSC_FAULT_ARRIVE, 0);
  EXPECT_EQ(c.judge().verdict, Verdict::kInconclusive);
}

TEST(Faults, AStallLongAfterIsTheKernels) {
  Case c;
  c.console += kLockup;
  const auto result = c.wait(1, 2).judge();
  EXPECT_EQ(result.verdict, Verdict::kFail);
  EXPECT_EQ(result.findings.at(0).kind, "splat:soft_lockup");
}

TEST(Faults, AWarningWhileOneHoldsATaskIsTheKernels) {
  Case c;
  c.console += "[   10.000000] BUG: kernel NULL pointer dereference, address: 0000000000000000\n";
  EXPECT_EQ(c.wait(8, 11).judge().verdict, Verdict::kFail);
}

TEST(Faults, AnAssertionUnderAnErrorThatNobodyExpectsIsPossiblyOurs) {
  Case c;
  c.trial.faults = {{.name = "late", .kind = "error", .at = {.hook = "bio"}}};
  c.account.assertions = {{.file = "a.cc", .line = 3, .summary = "Input/output error"}};
  c.account.end->outcome = "failed";
  c.tape.fault(0, BSC_FAULT_FAIL, 0);
  const auto result = c.judge();
  EXPECT_EQ(result.verdict, Verdict::kInconclusive);
  EXPECT_THAT(result.reasons, Contains(HasSubstr("possibly ours")));
  c.trial.expects_errors = true;
  EXPECT_EQ(c.judge().verdict, Verdict::kFail);
}

}  // namespace
}  // namespace bioscope::verdict

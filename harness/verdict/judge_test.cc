// SPDX-License-Identifier: GPL-2.0-only
// The symptom table line by line, and proof 3 of every oracle: a hole makes it unjudged, but a
// finding that rests on what is present stands.
#include "harness/verdict/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/oracle/oracle.h"
#include "harness/testing/tape.h"

namespace bioscope::verdict {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Tape;

constexpr std::uint64_t kMaster = 0x1000, kClone = 0x2000;

// A trial that passes, to be spoilt by each test in one way.
struct Case {
  evidence::Trial trial{.scenario = "dm/linear",
                        .release = "6.1.0",
                        .probes = {"bio", "dm"},
                        .oracles = {"bio_lifetime", "completes_once", "clone_before_master",
                                    "bio_completes", "error_reaches_master", "pool_empty_at_exit",
                                    "remap_of_live_master", "suspended_is_idle"},
                        .witness = {"dm_clone_completed"}};
  evidence::Session session{.accelerator = "tcg",
                            .vcpus = 2,
                            .running = 0.5,
                            .first_output = 0.6,
                            .hello = 2,
                            .armed = 3,
                            .scenario_end = 4,
                            .bye = 4.2,
                            .ended = 4.3,
                            .end = "destroyed",
                            .heartbeats = 20,
                            .last_heartbeat = 4.1};
  evidence::Account account;
  std::string console = "[    0.000000] Linux version 6.1.0 (x) #1\n";
  std::string support;
  Tape tape;

  Case() {
    account.hello = wire::Hello{};
    account.armed = wire::Armed{};
    for (const oracle::OracleInfo& info : oracle::all_oracles())
      for (const auto program : info.programs) attach(program);
    attach("dm_clone_endio");
    account.end = wire::ScenarioEnd{.outcome = "passed"};
    account.bye = true;
    tape.mark(BSC_MARK_TRIAL_BEGIN)
        .alloc(kMaster)
        .submit(kMaster)
        .alloc(kClone)
        .clone(kClone, kMaster)
        .map(kClone, kMaster)
        .submit(kClone)
        .endio(kClone)
        .clone_endio(kClone, kMaster)
        .free(kClone)
        .endio(kMaster)
        .free(kMaster);
  }

  void attach(std::string_view program) {
    account.armed->programs.push_back(
        {.name = std::string(program), .probe = "bio", .attached = true});
  }

  TrialResult judge() {
    tape.mark(BSC_MARK_TRIAL_END);
    return judge_as_it_is();
  }

  TrialResult judge_as_it_is() {
    evidence::Ledger ledger;
    if (reported)
      ledger.report({.dropped = {{"bio_free", {tape.lost()}}},
                     .taken = tape.taken(),
                     .records = tape.last_order()});
    ledger.from_start(0);
    std::size_t at = 0;
    const evidence::Console parsed = evidence::parse_console(console);
    const Support rules = Support::parse(support).value();
    const evidence::Symbols symbols;
    return verdict::judge({.trial = trial,
                           .session = session,
                           .account = account,
                           .console = parsed,
                           .support = rules,
                           .next = [&]() -> const bsc_record* {
                             if (at == tape.records().size()) return nullptr;
                             const bsc_record& record = Tape::record(tape.records()[at++]);
                             ledger.seen(record);
                             return &record;
                           },
                           .ledger = ledger,
                           .symbols = symbols});
  }

  bool reported = true;
};

OracleState state(const TrialResult& result, std::string_view name) {
  for (const OracleResult& oracle : result.oracles)
    if (oracle.oracle == name) return oracle.state;
  ADD_FAILURE() << name << " was not judged";
  return OracleState::kUnjudged;
}

std::vector<std::string> kinds(const TrialResult& result) {
  std::vector<std::string> kinds;
  for (const Finding& finding : result.findings) kinds.push_back(finding.kind);
  return kinds;
}

#define EXPECT_VERDICT(result, expected)         \
  EXPECT_EQ((result).verdict, Verdict::expected) \
      << ((result).reasons.empty() ? "no reason" : (result).reasons.front())

TEST(Judge, PassesWhenEverythingWasSeenAndNothingIsWrong) {
  const TrialResult result = Case().judge();
  EXPECT_VERDICT(result, kPass);
  EXPECT_THAT(result.reasons, IsEmpty());
  EXPECT_EQ(state(result, "bio_lifetime"), OracleState::kSatisfied);
  EXPECT_EQ(state(result, "console_clean"), OracleState::kSatisfied);
}

TEST(Judge, ASkipHidesNoViolation) {
  Case c;
  c.tape.alloc(0x90).free(0x90).free(0x90);
  c.account.end = wire::ScenarioEnd{.outcome = "skipped", .unmet = {"luck"}};
  c.support = "[[lacks]]\nkernel='6.1.*'\nscenario='*'\nreason='no luck'\n";
  EXPECT_VERDICT(c.judge(), kFail);
}

TEST(Judge, ViolationIsFail) {
  Case c;
  c.tape.put(kMaster);
  const TrialResult result = c.judge();
  EXPECT_VERDICT(result, kFail);
  EXPECT_THAT(kinds(result), Contains("use_after_free"));
  EXPECT_EQ(state(result, "bio_lifetime"), OracleState::kViolated);
  EXPECT_EQ(state(result, "completes_once"), OracleState::kSatisfied);
  EXPECT_EQ(result.findings[0].fingerprint.size(), 16u);
}

TEST(Judge, AHoleMakesEveryOracleUnjudged) {
  Case c;
  c.tape.lose();
  const TrialResult result = c.judge();
  EXPECT_VERDICT(result, kInconclusive);
  for (const std::string& oracle : c.trial.oracles)
    EXPECT_EQ(state(result, oracle), OracleState::kUnjudged) << oracle;
  EXPECT_EQ(result.lost, 1u);
}

TEST(Judge, AFindingStandsIfTheHoleIsNotInItsInterval) {
  Case c;
  c.tape.put(kMaster).alloc(0x9000).free(0x9000).lose().alloc(0x9000);
  const TrialResult result = c.judge();
  EXPECT_VERDICT(result, kFail);
  EXPECT_THAT(kinds(result), ::testing::ElementsAre("use_after_free"));
}

TEST(Judge, AFindingFallsIfTheHoleIsInItsInterval) {
  Case c;
  c.tape.alloc(0x9000).lose().alloc(0x9000).free(0x9000);  // its bio_free may be what was lost
  const TrialResult result = c.judge();
  EXPECT_VERDICT(result, kInconclusive);
  EXPECT_EQ(state(result, "bio_lifetime"), OracleState::kUnjudged);
}

TEST(Judge, WithoutTheGuestsReportNothingIsSatisfied) {
  Case c;
  c.reported = false;
  EXPECT_VERDICT(c.judge(), kInconclusive);
}

TEST(Judge, AProgramThatIsNotAttachedUnarmsItsOracles) {
  Case c;
  std::erase_if(c.account.armed->programs, [](const auto& p) { return p.name == "dm_map"; });
  c.account.armed->programs.push_back({.name = "dm_map", .attached = false, .why = "no BTF"});
  const TrialResult result = c.judge();
  EXPECT_VERDICT(result, kInconclusive);
  EXPECT_EQ(state(result, "clone_before_master"), OracleState::kUnarmed);
  EXPECT_EQ(state(result, "bio_lifetime"), OracleState::kSatisfied);
  EXPECT_THAT(result.reasons, Contains(HasSubstr("no BTF")));
}

TEST(Judge, WhatAMissingProbeWouldHaveShownIsNoFinding) {
  Case c;
  std::erase_if(c.account.armed->programs, [](const auto& p) { return p.name == "bio_free"; });
  c.account.armed->programs.push_back({.name = "bio_free", .attached = false, .why = "inlined"});
  c.tape.alloc(0x9000).alloc(0x9000);  // freed in between, as no probe could tell
  const TrialResult result = c.judge();
  EXPECT_VERDICT(result, kInconclusive);
  EXPECT_EQ(state(result, "bio_lifetime"), OracleState::kUnarmed);
  EXPECT_THAT(result.findings, IsEmpty());
}

TEST(Judge, ArmingThatNeverCameAboutUnarmsAll) {
  Case c;
  c.account.armed.reset();
  EXPECT_VERDICT(c.judge(), kInconclusive);
}

TEST(Judge, AProbeGroupThatIsNotWholeIsNoPassEvenWithoutAnOracle) {
  Case c;
  c.account.armed->programs.push_back({.name = "absent", .attached = false, .why = "no such"});
  EXPECT_VERDICT(c.judge(), kInconclusive);
}

TEST(Judge, AWitnessNotSeenIsInconclusive) {
  Case c;
  c.trial.witness.push_back("bio_split");
  const TrialResult result = c.judge();
  EXPECT_VERDICT(result, kInconclusive);
  EXPECT_THAT(result.reasons, Contains("witness not seen: bio_split"));
}

TEST(Judge, AnUnknownOracleOrWitnessIsNoPass) {
  Case c;
  c.trial.oracles.push_back("from_the_future");
  EXPECT_VERDICT(c.judge(), kInconclusive);
  Case d;
  d.trial.witness.push_back("from_the_future");
  EXPECT_VERDICT(d.judge(), kInconclusive);
}

TEST(Judge, AFailedAssertionIsFail) {
  Case c;
  c.account.assertions.push_back({.file = "suites/a.cc", .line = 7, .summary = "Expected: 1"});
  c.account.end->outcome = "failed";
  const TrialResult result = c.judge();
  EXPECT_VERDICT(result, kFail);
  EXPECT_THAT(kinds(result), Contains("assertion"));
}

TEST(Judge, ASplatIsFailWithItsKind) {
  Case c;
  c.console +=
      "[    5.000000] WARNING: CPU: 0 PID: 1 at block/bio.c:100 bio_free+0x1/0x2\n"
      "[    5.000001] Call Trace:\n[    5.000002]  bio_put+0x1/0x2\n"
      "[    5.000003] ---[ end trace 0000000000000000 ]---\n";
  const TrialResult result = c.judge();
  EXPECT_VERDICT(result, kFail);
  EXPECT_THAT(kinds(result), Contains("splat:warn"));
  EXPECT_EQ(state(result, "console_clean"), OracleState::kViolated);
}

TEST(Judge, WhatRestsOnTimeIsInconclusiveIfTheHostStarvedTheGuest) {
  constexpr char kStall[] =
      "[   30.000000] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n"
      "[   30.000001] rcu: \t1-...!: (0 ticks this GP) idle=0\n";
  for (const bool starved : {false, true}) {
    Case stall;
    stall.console += kStall;
    Case waiting;
    waiting.tape.alloc(0x9000).submit(0x9000).at(6'000'000'000);  // 5 s, and 2 would have done
    stall.session.starvation = waiting.session.starvation = starved ? 0.7 : 0.3;
    const Verdict expected = starved ? Verdict::kInconclusive : Verdict::kFail;
    EXPECT_EQ(stall.judge().verdict, expected);
    EXPECT_EQ(waiting.judge().verdict, expected);
  }
}

TEST(Judge, WhatOutlastsAnyStarvationStands) {
  const auto after = [](std::uint64_t seconds, double starvation) {
    Case c;
    c.tape.alloc(0x9000).submit(0x9000).at((seconds + 1) * 1'000'000'000);
    c.session.starvation = starvation;
    return c.judge().verdict;
  };
  EXPECT_EQ(after(40, 0.6), Verdict::kFail) << "it ran for 16 s of them, and 2 would have done";
  EXPECT_EQ(after(40, 0.97), Verdict::kInconclusive);
  EXPECT_EQ(after(40, 1), Verdict::kInconclusive);
}

TEST(Judge, APanicIsFail) {
  Case c;
  c.session.end = "panicked";
  c.account.end.reset();
  c.account.bye = false;
  const TrialResult result = c.judge_as_it_is();
  EXPECT_VERDICT(result, kFail);
  EXPECT_THAT(kinds(result), Contains("panic"));
}

TEST(Judge, AnUnaskedResetIsFail) {
  Case c;
  c.session.end = "reset";
  c.account.end.reset();
  EXPECT_THAT(kinds(c.judge_as_it_is()), Contains("reboot"));
}

TEST(Judge, NoProgressWithHeartbeatsIsFailUnlessTheHostStarvedTheGuest) {
  Case c;
  c.session.expired = "no_progress";
  c.session.window = 10;
  c.session.ran = 1;
  c.account.end.reset();
  EXPECT_THAT(kinds(c.judge_as_it_is()), Contains("hang:no-progress"));
  c.session.delayed = 9;
  EXPECT_VERDICT(c.judge_as_it_is(), kInconclusive);
}

TEST(Judge, SilenceIsFailUnlessTheHostStarvedTheGuest) {
  Case c;
  c.session.expired = "silent";
  c.session.window = 5;
  c.account.end.reset();
  EXPECT_THAT(kinds(c.judge_as_it_is()), Contains("hang:silent"));
  c.session.delayed = 5;
  EXPECT_VERDICT(c.judge_as_it_is(), kInconclusive);
}

// A vCPU that traps at an address where memory holds a NOP; see harness/machine/late_cpus.h.
evidence::Stand stale_code() {
  return {.looks = 64,
          .places = {{.cpu = 0, .address = 0x81155ce5, .looks = 9, .code = "0f1f4400004889df"}},
          .traps = {{.cpu = 0, .address = 0x81155ce6}}};
}

TEST(Judge, AHangOfTheEmulationIsInfra) {
  for (const char* clock : {"silent", "no_progress", "scenario"}) {
    Case c;
    c.session.expired = clock;
    c.session.window = 20;
    c.session.stand = stale_code();
    c.account.end.reset();
    c.console += "[   33.000000] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [sh:70]\n";
    const auto result = c.judge_as_it_is();
    EXPECT_VERDICT(result, kInfra);
    EXPECT_THAT(result.reasons, Contains(HasSubstr("0x81155ce5"))) << clock;
    c.session.stand.places[0].code = "cc1f4400004889df";
    EXPECT_VERDICT(c.judge_as_it_is(), kFail);
  }
}

TEST(Judge, ABootThatTheEmulationHungIsInfra) {
  Case c;
  c.account = {};
  c.session.hello = -1;
  c.session.expired = "boot";
  c.session.end = "destroyed";
  c.console = "[    0.000000] Linux version 6.1.0\n";
  EXPECT_THAT(kinds(c.judge_as_it_is()), Contains("boot"));
  c.session.stand = stale_code();
  EXPECT_VERDICT(c.judge_as_it_is(), kInfra);
}

TEST(Judge, WhatTheKernelSaidBeforeTheEmulationHungCounts) {
  Case c;
  c.session.expired = "silent";
  c.session.stand = stale_code();
  c.account.end.reset();
  c.console += "[    5.000000] BUG: kernel NULL pointer dereference, address: 0000000000000008\n";
  EXPECT_VERDICT(c.judge_as_it_is(), kFail);
}

TEST(Judge, QemuGoneWithoutAWordIsInfra) {
  Case c;
  c.session.end = "gone";
  c.account.end.reset();
  c.account.bye = false;
  EXPECT_VERDICT(c.judge_as_it_is(), kInfra);
}

TEST(Judge, QemuGoneAfterASplatIsFail) {
  Case c;
  c.session.end = "gone";
  c.account.end.reset();
  c.console += "[    5.000000] BUG: kernel NULL pointer dereference, address: 0000000000000008\n";
  EXPECT_VERDICT(c.judge_as_it_is(), kFail);
}

TEST(Judge, GarbageOnAChannelIsInfra) {
  Case c;
  c.session.control_fault = "bad magic at byte 12";
  EXPECT_VERDICT(c.judge(), kInfra);
  Case d;
  d.session.trace_fault = "bad CRC at byte 12";
  EXPECT_VERDICT(d.judge(), kInfra);
}

TEST(Judge, AnAgentThatDiesIsInfraAlthoughItsKernelPanics) {
  Case c;
  c.session.end = "panicked";
  c.account.end.reset();
  c.console +=
      "[    5.000000] Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b\n";
  EXPECT_VERDICT(c.judge_as_it_is(), kInfra);
}

TEST(Judge, SetUpThatFailsAndAWorkloadThatDiesAreInfra) {
  Case c;
  c.account.end = wire::ScenarioEnd{.outcome = "setup_failed", .what = "no /dev/ram0"};
  EXPECT_VERDICT(c.judge(), kInfra);
  Case d;
  d.account.end = wire::ScenarioEnd{.outcome = "died", .what = "SIGSEGV"};
  EXPECT_VERDICT(d.judge(), kInfra);
}

TEST(Judge, ModulesThatTheKernelAskedForAndDidNotGetAreNamed) {
  const wire::ModuleLoaded unresolved{.name = "crypto-xts(aes)",
                                      .cause = "request_module",
                                      .ok = false,
                                      .what = "the image holds no module crypto-xts(aes)"};
  Case good;
  good.account.modules = {unresolved};
  EXPECT_EQ(good.judge().verdict, Verdict::kPass);
  Case bad;
  bad.account.modules = {unresolved, unresolved};
  bad.account.end = wire::ScenarioEnd{.outcome = "setup_failed", .what = "dm table"};
  const TrialResult result = bad.judge();
  EXPECT_EQ(result.verdict, Verdict::kInfra);
  EXPECT_EQ(std::ranges::count_if(result.reasons,
                                  [](const std::string& reason) {
                                    return reason.find("crypto-xts(aes)") != std::string::npos;
                                  }),
            1);
}

TEST(Judge, AKernelThatDiesBeforeTheAgentFailsToBoot) {
  Case c;
  c.account = {};
  c.session.hello = -1;
  c.session.end = "panicked";
  EXPECT_THAT(kinds(c.judge_as_it_is()), Contains("boot"));
  c.console.clear();
  c.session.end = "reset";
  const auto silent = c.judge_as_it_is();
  ASSERT_THAT(kinds(silent), Contains("boot"));
  EXPECT_THAT(silent.findings.front().summary, HasSubstr("before it printed anything"));
  c.session.end = "gone";
  EXPECT_EQ(c.judge_as_it_is().verdict, Verdict::kInfra) << "QEMU may have died of anything";
}

TEST(Judge, AnAgentThatSpeaksTooLateIsInconclusive) {
  Case late;
  late.session.expired = "boot";
  late.account.armed.reset();
  late.account.end.reset();
  late.account.bye = false;
  EXPECT_EQ(late.judge_as_it_is().verdict, Verdict::kInconclusive);
}

TEST(Judge, AMachineThatNeverRanIsInfra) {
  Case c;
  c.account = {};
  c.session = {};
  c.session.host_error = "boot: create domain: no space";
  c.console.clear();
  EXPECT_VERDICT(c.judge_as_it_is(), kInfra);
}

TEST(Judge, NothingPrintedIsInfra) {
  Case c;
  c.account = {};
  c.console.clear();
  c.session.hello = -1;
  c.session.expired = "boot";
  c.session.end = "destroyed";
  EXPECT_VERDICT(c.judge_as_it_is(), kInfra);
}

TEST(Judge, AnInterruptIsInfra) {
  Case c;
  c.session.interrupted = true;
  c.account.end.reset();
  EXPECT_VERDICT(c.judge_as_it_is(), kInfra);
}

TEST(Judge, ASkipNeedsTheSupportTable) {
  Case c;
  c.account.end = wire::ScenarioEnd{.outcome = "skipped", .unmet = {"cpus:8", "memory:4096"}};
  const TrialResult denied = c.judge();
  EXPECT_VERDICT(denied, kInconclusive);
  EXPECT_THAT(denied.reasons, Contains("unmet need: cpus:8"));
  EXPECT_THAT(denied.reasons, Contains("unmet need: memory:4096"));
  c.support = "[[lacks]]\nkernel='6.1.*'\nscenario='dm/*'\nreason='small machine'\n";
  EXPECT_VERDICT(c.judge(), kSkip);
}

TEST(Judge, AnExcusedOracleIsNotApplicable) {
  Case c;
  c.support = "[[lacks]]\nkernel='6.1.*'\nscenario='*'\noracle='bio_lifetime'\nreason='no hook'\n";
  const TrialResult result = c.judge();
  EXPECT_EQ(state(result, "bio_lifetime"), OracleState::kNotApplicable);
  EXPECT_VERDICT(result, kPass);
}

TEST(Judge, AHangShowsTheBioThatWaits) {
  Case c;
  c.tape.alloc(0x9000).submit(0x9000);
  c.account.end.reset();
  c.account.bye = false;
  c.session.expired = "no_progress";
  c.session.window = 10;
  c.session.last_heartbeat = 60;
  const TrialResult result = c.judge_as_it_is();
  EXPECT_VERDICT(result, kFail);
  EXPECT_THAT(kinds(result), Contains("hang:no-progress"));
}

TEST(Support, KnowsBugsOfKernels) {
  const auto support = Support::parse(
      "[[lacks]]\nkernel='6.1.*-amd64'\nscenario='dm/a'\nreason='it dies'\nbug='found/01'\n");
  ASSERT_TRUE(support);
  EXPECT_EQ(support->known_bug("6.1.0-9-amd64", "dm/a"), "found/01");
  EXPECT_EQ(support->skips("6.1.0-9-amd64", "dm/a"), "it dies");
  EXPECT_EQ(support->known_bug("6.1.0-9-amd64", "dm/b"), std::nullopt);
  EXPECT_EQ(support->known_bug("6.1.192-bioscope", "dm/a"), std::nullopt);
}

TEST(Support, KnowsWhatKernelsLikeThoseHave) {
  const auto support = Support::parse(
      "[[lacks]]\nkernel='6.1.*-amd64'\nlike='6.1.*'\nscenario='dm/a'\nreason='it dies'\n"
      "bug='found/01'\n");
  ASSERT_TRUE(support);
  EXPECT_EQ(support->likely_bug("6.1.192-bioscope", "dm/a"), "found/01");
  EXPECT_EQ(support->likely_bug("6.2.0", "dm/a"), std::nullopt);
  EXPECT_EQ(support->likely_bug("6.1.192-bioscope", "dm/b"), std::nullopt);
}

TEST(Judge, AFailThatIsKnownNamesTheBug) {
  Case c;
  c.support =
      "[[lacks]]\nkernel='6.1.*-amd64'\nlike='6.1.*'\nscenario='dm/*'\nreason='it dies'\n"
      "bug='found/01'\n";
  c.tape.alloc(kMaster).submit(kMaster).endio(kMaster).endio(kMaster);
  const TrialResult result = c.judge();
  EXPECT_VERDICT(result, kFail);
  ASSERT_GE(result.reasons.size(), 2u);
  EXPECT_EQ(result.reasons[1], "known of kernels like this one: found/01");
}

TEST(Support, RefusesWhatItDoesNotKnow) {
  EXPECT_FALSE(Support::parse("[[lacks]]\nkernel='6.1'\n"));
  EXPECT_FALSE(Support::parse("[[lacks]]\nkernel='6.1'\nscenario='a'\nreason='b'\nbecause='c'\n"));
  EXPECT_FALSE(Support::parse("[[has]]\nkernel='6.1'\n"));
  EXPECT_FALSE(Support::parse("lacks = 3\n"));
  EXPECT_FALSE(Support::parse("[[lacks\n"));
}

}  // namespace
}  // namespace bioscope::verdict

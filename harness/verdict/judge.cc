// SPDX-License-Identifier: GPL-2.0-only
#include "harness/verdict/judge.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "harness/oracle/oracle.h"
#include "harness/verdict/fault_record.h"
#include "harness/verdict/fingerprint.h"
#include "harness/verdict/symptom.h"

namespace bioscope::verdict {
namespace {

// A bio that waited this long (guest's time, stretched like the clocks) is stuck.
constexpr double kPatienceSeconds = 2;

// One oracle with what it said, before loss is weighed.
struct Heard {
  std::string name;
  const oracle::OracleInfo* info = nullptr;
  std::unique_ptr<oracle::Oracle> oracle;
};

struct Watched {
  std::string name;
  const oracle::WitnessInfo* info = nullptr;
  std::unique_ptr<oracle::Witness> witness;
};

// What one pass over the records yields.
struct Hearing {
  std::vector<Heard> oracles;
  std::vector<Watched> witnesses;
  std::unordered_map<std::int32_t, std::vector<std::uint64_t>> stacks;
  FaultRecord faults;
  std::uint64_t events = 0;
};

Hearing hear(const Evidence& evidence) {
  Hearing hearing;
  for (const std::string& name : evidence.trial.oracles) {
    const oracle::OracleInfo* info = oracle::find_oracle(name);
    hearing.oracles.push_back(
        {name, info, info != nullptr && info->make != nullptr ? info->make() : nullptr});
  }
  for (const std::string& name : evidence.trial.witness) {
    const oracle::WitnessInfo* info = oracle::find_witness(name);
    hearing.witnesses.push_back({name, info, info != nullptr ? info->make() : nullptr});
  }

  oracle::BioModel model;
  oracle::Closing closing;
  closing.patience =
      static_cast<std::uint64_t>(kPatienceSeconds * 1e9 * std::max(1.0, evidence.session.scale));
  while (const bsc_record* record = evidence.next()) {
    ++hearing.events;
    if (record->type == BSC_EVENT_STACK) {
      const auto& stack = evidence::payload<bsc_event_stack>(*record);
      const std::size_t depth = std::min<std::size_t>(stack.depth, BSC_STACK_DEPTH);
      hearing.stacks[stack.stack_id].assign(stack.frames, stack.frames + depth);
    }
    if (record->type == BSC_EVENT_MARK &&
        evidence::payload<bsc_event_mark>(*record).kind == BSC_MARK_TRIAL_END)
      closing.settled = true;
    hearing.faults.see(*record);
    const oracle::Step step{*record, model.apply(*record), model};
    for (const Heard& heard : hearing.oracles)
      if (heard.oracle) heard.oracle->see(step);
    for (const Watched& watched : hearing.witnesses)
      if (watched.witness) watched.witness->see(step);
    closing.order = record->order;
    closing.time = std::max<std::uint64_t>(closing.time, record->time);
  }
  closing.patience += hearing.faults.waited();
  // A guest that sends heartbeats and no records is waiting.
  if (!closing.settled && evidence.account.hello && evidence.session.last_heartbeat > 0) {
    const double since_hello = evidence.session.last_heartbeat - evidence.session.hello;
    closing.time =
        std::max(closing.time, evidence.account.hello->uptime_ns +
                                   static_cast<std::uint64_t>(std::max(0.0, since_hello) * 1e9));
  }
  for (const Heard& heard : hearing.oracles)
    if (heard.oracle) heard.oracle->conclude(closing, model);
  return hearing;
}

// Programs that did not attach, with the reason; all of them if arming never came about.
class Arming {
 public:
  explicit Arming(const evidence::Account& account) : armed_(account.armed.has_value()) {
    if (!armed_) return;
    for (const wire::Program& program : account.armed->programs) {
      if (program.attached)
        attached_.insert(program.name);
      else
        why_[program.name] = program.why;
    }
  }

  // Empty if every program is attached, else the first that is not and why.
  std::string missing(std::span<const std::string_view> programs) const {
    if (!armed_ && !programs.empty()) return "the probes were never armed";
    for (const std::string_view program : programs) {
      if (attached_.contains(std::string(program))) continue;
      const auto why = why_.find(std::string(program));
      return fmt::format("probe {} is not attached: {}", program,
                         why == why_.end() ? "its group was not asked for" : why->second);
    }
    return {};
  }

  // Programs of the groups that were asked for and did not attach, for `absent` and its like.
  std::vector<std::string> failures() const {
    std::vector<std::string> all;
    for (const auto& [program, why] : why_) all.push_back(fmt::format("{}: {}", program, why));
    return all;
  }

 private:
  bool armed_ = false;
  std::set<std::string, std::less<>> attached_;
  std::map<std::string, std::string, std::less<>> why_;
};

Finding finding_of(const oracle::Finding& said, const Hearing& hearing, const Evidence& evidence) {
  Finding finding{.oracle = said.oracle,
                  .kind = said.kind,
                  .summary = said.summary,
                  .object = said.object,
                  .order = said.order};
  if (const auto stack = hearing.stacks.find(said.stack); stack != hearing.stacks.end())
    finding.frames = evidence.symbols.stack(stack->second);
  finding.fingerprint = fingerprint(finding);
  return finding;
}

// Empty if the finding stands: nothing that it rests on may be missing, and a time that it rests on
// may not be the host's doing.
std::string why_it_falls(const oracle::Finding& finding, const Evidence& evidence) {
  if (evidence.ledger.lost_between(finding.since, finding.order))
    return "its findings rest on records that were lost";
  const evidence::Session& session = evidence.session;
  const bool too_slow = session.crawled() && finding.timed * (1 - session.starvation) < 1;
  if (finding.timed > 0 && (session.starved() || too_slow))
    return fmt::format("its findings rest on time, and the host starved the guest ({}: {})",
                       finding.kind, finding.summary);
  return {};
}

OracleResult weigh(const Heard& heard, const Hearing& hearing, const Arming& arming,
                   const Evidence& evidence, TrialResult& result) {
  OracleResult weighed{.oracle = heard.name, .state = OracleState::kSatisfied};
  const auto unless = [&](OracleState state, std::string reason) {
    weighed.state = state;
    weighed.reason = std::move(reason);
    return weighed;
  };
  if (heard.info == nullptr)
    return unless(OracleState::kUnarmed, "this build of bioscope has no such oracle");
  if (const auto excuse =
          evidence.support.excuses(evidence.trial.release, evidence.trial.scenario, heard.name))
    return unless(OracleState::kNotApplicable, *excuse);
  // Of what a missing probe would have shown, nothing is known: to take that for what happened
  // would be a finding about the probe.
  if (std::string missing = arming.missing(heard.info->programs); !missing.empty())
    return unless(OracleState::kUnarmed, std::move(missing));
  std::string fell;
  for (const oracle::Finding& said : heard.oracle->findings()) {
    if (auto why = why_it_falls(said, evidence); !why.empty()) {
      fell = std::move(why);
      continue;
    }
    weighed.state = OracleState::kViolated;
    result.findings.push_back(finding_of(said, hearing, evidence));
  }
  if (weighed.state == OracleState::kViolated) return weighed;
  if (!fell.empty()) return unless(OracleState::kUnjudged, std::move(fell));
  if (!evidence.ledger.complete())
    return unless(OracleState::kUnjudged,
                  "records were lost: " + evidence.ledger.reasons().front());
  if (!heard.oracle->undecided().empty())
    return unless(OracleState::kUnjudged, heard.oracle->undecided());
  return weighed;
}

Verdict conclude(TrialResult& result, const Symptoms& symptoms) {
  if (!result.findings.empty()) {
    for (const Finding& finding : result.findings)
      result.reasons.push_back(fmt::format("{}: {}", finding.kind, finding.summary));
    return Verdict::kFail;
  }
  if (!symptoms.infra.empty()) {
    result.reasons = symptoms.infra;
    return Verdict::kInfra;
  }
  result.reasons.insert(result.reasons.begin(), symptoms.doubts.begin(), symptoms.doubts.end());
  for (const OracleResult& oracle : result.oracles)
    if (oracle.state == OracleState::kUnjudged || oracle.state == OracleState::kUnarmed)
      result.reasons.push_back(
          fmt::format("{} is {}: {}", oracle.oracle, name(oracle.state), oracle.reason));
  for (const WitnessResult& witness : result.witnesses)
    if (witness.count == 0)
      result.reasons.push_back(fmt::format("witness not seen: {}", witness.witness));
  return result.reasons.empty() ? Verdict::kPass : Verdict::kInconclusive;
}

// What the kernel asked for and did not get is often why the rest went wrong.
std::set<std::string> unresolved_modules(const evidence::Account& account) {
  std::set<std::string> names;
  for (const wire::ModuleLoaded& module : account.modules)
    if (!module.ok && module.cause == "request_module")
      names.insert(fmt::format("the kernel asked for a module: {}", module.what));
  return names;
}

bool makes_unexpected_errors(const evidence::Trial& trial) {
  return !trial.expects_errors &&
         std::ranges::find(trial.faults, "error", &wire::Fault::kind) != trial.faults.end();
}

TrialResult result_of(const evidence::Trial& trial) {
  return {.number = trial.number, .attempt = trial.attempt, .seed = trial.seed};
}

bool is_assertion(const Finding& finding) { return finding.oracle == "assertion"; }

}  // namespace

TrialResult judge_unmet(const evidence::Trial& trial, const std::vector<std::string>& unmet,
                        const Support& support) {
  TrialResult result = result_of(trial);
  for (const std::string& need : unmet) result.reasons.push_back("unmet need: " + need);
  if (const auto reason = support.skips(trial.release, trial.scenario)) {
    result.verdict = Verdict::kSkip;
    result.reasons.push_back("allowed by support.toml: " + *reason);
  } else {
    result.verdict = Verdict::kInconclusive;
    result.reasons.push_back("suites/support.toml allows no skip of it here");
  }
  return result;
}

TrialResult judge(const Evidence& evidence) {
  TrialResult result = result_of(evidence.trial);
  result.seconds = std::max(0.0, evidence.session.ended);
  result.nth = evidence.session.nth;
  const Hearing hearing = hear(evidence);
  result.events = hearing.events;
  result.lost = evidence.ledger.lost();

  const Symptoms symptoms =
      read_symptoms(evidence.session, evidence.account, evidence.console, hearing.faults,
                    makes_unexpected_errors(evidence.trial) && hearing.faults.fired());
  result.findings = symptoms.findings;
  const Arming arming(evidence.account);
  for (const Heard& heard : hearing.oracles) {
    if (heard.name == "console_clean") continue;  // judged for every trial, below
    result.oracles.push_back(weigh(heard, hearing, arming, evidence, result));
  }
  result.oracles.push_back({.oracle = "console_clean",
                            .state = symptoms.console_state,
                            .reason = symptoms.console_reason});
  for (const Watched& watched : hearing.witnesses)
    result.witnesses.push_back({watched.name, watched.witness ? watched.witness->count() : 0});
  result.faults = hearing.faults.results(evidence.trial, evidence.account);
  for (const FaultResult& fault : result.faults)
    if (!fault.doubt.empty()) result.reasons.push_back(fault.doubt);
  // A probe group that was asked for and is not whole shows less than the scenario promised.
  if (evidence.account.armed)
    for (const std::string& failure : arming.failures())
      result.reasons.push_back("probe not attached: " + failure);
  // What an oracle saw happened before what the machine shows of it.
  std::ranges::stable_partition(result.findings,
                                [](const Finding& finding) { return finding.order != 0; });
  if (!result.findings.empty() || !symptoms.infra.empty()) result.reasons.clear();
  result.verdict = conclude(result, symptoms);
  // A body may find out late that it cannot do what it is for; what was seen by then stands.
  if (evidence.account.end && evidence.account.end->outcome == "skipped" &&
      result.verdict != Verdict::kFail)
    return judge_unmet(evidence.trial, evidence.account.end->unmet, evidence.support);
  // What a body missed may be why it failed; an oracle does not care.
  if (result.verdict != Verdict::kPass && std::ranges::all_of(result.findings, &is_assertion))
    for (const std::string& unresolved : unresolved_modules(evidence.account))
      result.reasons.push_back(unresolved);
  if (result.verdict == Verdict::kFail)
    if (const auto bug =
            evidence.support.likely_bug(evidence.trial.release, evidence.trial.scenario))
      result.reasons.insert(result.reasons.begin() + !result.reasons.empty(),
                            "known of kernels like this one: " + *bug);
  if (result.verdict == Verdict::kFail && result.nth != 0)
    result.reasons.push_back(
        fmt::format("{} trial{} ran in this boot before it, and may have had a part in it",
                    result.nth, result.nth == 1 ? "" : "s"));
  return result;
}

}  // namespace bioscope::verdict

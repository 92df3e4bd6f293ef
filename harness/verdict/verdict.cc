// SPDX-License-Identifier: GPL-2.0-only
#include "harness/verdict/verdict.h"

#include <algorithm>
#include <array>

namespace bioscope::verdict {
namespace {

// From light to heavy.
constexpr std::array kByWeight{Verdict::kSkip, Verdict::kPass, Verdict::kInconclusive,
                               Verdict::kInfra, Verdict::kFail};

constexpr std::array kAll{Verdict::kPass, Verdict::kFail, Verdict::kInconclusive, Verdict::kInfra,
                          Verdict::kSkip};

std::size_t weight(Verdict verdict) {
  return static_cast<std::size_t>(std::ranges::find(kByWeight, verdict) - kByWeight.begin());
}

std::size_t weight(OracleState state) {
  switch (state) {
    case OracleState::kNotApplicable: return 0;
    case OracleState::kSatisfied: return 1;
    case OracleState::kUnarmed: return 2;
    case OracleState::kUnjudged: return 3;
    case OracleState::kViolated: return 4;
  }
  return 0;
}

// The trials that count: the last attempt of each.
std::vector<const TrialResult*> standing(std::span<const TrialResult> trials) {
  std::vector<const TrialResult*> last;
  for (const TrialResult& trial : trials) {
    const auto same =
        std::ranges::find(last, trial.number, [](const TrialResult* t) { return t->number; });
    if (same == last.end())
      last.push_back(&trial);
    else if ((*same)->attempt < trial.attempt)
      *same = &trial;
  }
  return last;
}

}  // namespace

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass: return "PASS";
    case Verdict::kFail: return "FAIL";
    case Verdict::kInconclusive: return "INCONCLUSIVE";
    case Verdict::kInfra: return "INFRA";
    case Verdict::kSkip: return "SKIP";
  }
  return "?";
}

bool parse(std::string_view text, Verdict& verdict) {
  const auto found = std::ranges::find(kAll, text, [](Verdict v) { return name(v); });
  if (found == kAll.end()) return false;
  verdict = *found;
  return true;
}

int exit_code(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass: return 0;
    case Verdict::kFail: return 1;
    case Verdict::kInconclusive: return 3;
    case Verdict::kInfra: return 69;
    case Verdict::kSkip: return 77;
  }
  return 69;
}

Verdict reduce(std::span<const Verdict> verdicts) {
  const auto heaviest =
      std::ranges::max_element(verdicts, {}, [](Verdict verdict) { return weight(verdict); });
  return heaviest == verdicts.end() ? Verdict::kSkip : *heaviest;
}

std::string_view name(OracleState state) {
  switch (state) {
    case OracleState::kSatisfied: return "satisfied";
    case OracleState::kViolated: return "violated";
    case OracleState::kUnjudged: return "unjudged";
    case OracleState::kUnarmed: return "unarmed";
    case OracleState::kNotApplicable: return "not_applicable";
  }
  return "?";
}

Verdict RunResult::verdict() const {
  std::vector<Verdict> verdicts;
  for (const TrialResult* trial : standing(trials)) verdicts.push_back(trial->verdict);
  return reduce(verdicts);
}

bool RunResult::as_expected() const {
  if (expected.empty()) return true;
  const auto counted = standing(trials);
  return !counted.empty() && std::ranges::all_of(counted, [this](const TrialResult* trial) {
    if (name(trial->verdict) != expected) return false;
    return expected_finding.empty() ||
           std::ranges::any_of(trial->findings, [this](const Finding& finding) {
             return finding.oracle == expected_finding || finding.kind == expected_finding;
           });
  });
}

Verdict RunResult::effective() const {
  if (expected.empty()) return verdict();
  return as_expected() ? Verdict::kPass : Verdict::kFail;
}

std::vector<Finding> RunResult::findings() const {
  std::vector<Finding> all;
  for (const TrialResult* trial : standing(trials))
    all.insert(all.end(), trial->findings.begin(), trial->findings.end());
  return all;
}

std::vector<OracleResult> RunResult::oracles() const {
  std::vector<OracleResult> all;
  for (const TrialResult* trial : standing(trials))
    for (const OracleResult& result : trial->oracles) {
      const auto same = std::ranges::find(all, result.oracle, &OracleResult::oracle);
      if (same == all.end())
        all.push_back(result);
      else if (weight(same->state) < weight(result.state))
        *same = result;
    }
  return all;
}

std::uint64_t RunResult::lost() const {
  std::uint64_t sum = 0;
  for (const TrialResult* trial : standing(trials)) sum += trial->lost;
  return sum;
}

std::uint64_t RunResult::events() const {
  std::uint64_t sum = 0;
  for (const TrialResult* trial : standing(trials)) sum += trial->events;
  return sum;
}

int exit_code(std::span<const RunResult> runs) {
  std::vector<Verdict> verdicts;
  for (const RunResult& run : runs) verdicts.push_back(run.effective());
  return exit_code(reduce(verdicts));
}

}  // namespace bioscope::verdict

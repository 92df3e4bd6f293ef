// SPDX-License-Identifier: GPL-2.0-only
#include "harness/campaign/sighting.h"

#include <algorithm>

namespace bioscope::campaign {
namespace {

using verdict::OracleState;
using verdict::TrialResult;
using verdict::Verdict;

// The guest came to an end of its own, or its kernel had said what should not be: what follows in
// the record is of a kernel that was no longer whole.
bool ended_otherwise(const TrialResult& trial) {
  return std::ranges::any_of(trial.findings,
                             [](const auto& finding) { return finding.oracle == "guest"; });
}

}  // namespace

Signature signature(const verdict::Finding& finding) {
  return {finding.oracle, finding.fingerprint};
}

bool matches(const verdict::Finding& finding, const Signature& wanted) {
  return finding.fingerprint == wanted.fingerprint &&
         (wanted.oracle.empty() || finding.oracle == wanted.oracle);
}

Result<Signature> parse_signature(std::string_view text) {
  if (text.empty()) return Signature{};
  const auto slash = text.find('/');
  const bool bare = slash == std::string_view::npos;
  const auto fingerprint = bare ? text : text.substr(slash + 1);
  if (slash == 0 || fingerprint.empty() ||
      fingerprint.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return usage_error("{} is no finding; name it as reports do: ORACLE/FINGERPRINT", text);
  return Signature{.oracle = std::string(bare ? std::string_view() : text.substr(0, slash)),
                   .fingerprint = std::string(fingerprint)};
}

Status check_signature(const Signature& wanted, std::span<const run::ScenarioInfo> scenarios) {
  constexpr std::string_view kOfAll[] = {"assertion", "console_clean", "guest"};
  if (wanted.oracle.empty() || std::ranges::find(kOfAll, wanted.oracle) != std::end(kOfAll))
    return {};
  for (const auto& scenario : scenarios)
    if (std::ranges::find(scenario.oracles, wanted.oracle) != scenario.oracles.end()) return {};
  return usage_error("no oracle {} judges {}; `bioscope list --json -` says which one judges what",
                     wanted.oracle,
                     scenarios.size() == 1 ? scenarios.front().name : "any of these scenarios");
}

std::optional<bool> sighted(const TrialResult& trial, const Signature& wanted) {
  if (std::ranges::any_of(trial.findings,
                          [&](const auto& finding) { return matches(finding, wanted); }))
    return true;
  if (trial.verdict != Verdict::kPass && trial.verdict != Verdict::kFail) return std::nullopt;
  const auto oracle =
      std::ranges::find(trial.oracles, wanted.oracle, &verdict::OracleResult::oracle);
  if (oracle != trial.oracles.end())
    return oracle->state == OracleState::kSatisfied || oracle->state == OracleState::kViolated
               ? std::optional(false)
               : std::nullopt;
  // The workload's assertions and the guest's end have no state.
  if (ended_otherwise(trial)) return std::nullopt;
  return false;
}

plan::Count count(std::span<const TrialResult> trials, const Signature& wanted) {
  plan::Count result;
  for (const TrialResult& trial : trials) {
    const auto seen = sighted(trial, wanted);
    if (!seen) continue;
    ++result.trials;
    result.seen += *seen ? 1 : 0;
  }
  return result;
}

plan::Count count_passed(std::span<const TrialResult> trials) {
  plan::Count result;
  for (const TrialResult& trial : trials) {
    if (trial.verdict != Verdict::kPass && trial.verdict != Verdict::kFail) continue;
    ++result.trials;
    result.seen += trial.verdict == Verdict::kPass ? 1 : 0;
  }
  return result;
}

}  // namespace bioscope::campaign

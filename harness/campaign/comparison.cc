// SPDX-License-Identifier: GPL-2.0-only
#include "harness/campaign/comparison.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace bioscope::campaign {
namespace {

using verdict::RunResult;
using verdict::Verdict;

// What each side's runs of one scenario hold of findings.
std::map<Signature, verdict::Finding> findings_of(const RunResult& run) {
  std::map<Signature, verdict::Finding> all;
  for (const auto& trial : run.trials)
    for (const auto& finding : trial.findings) all.try_emplace(signature(finding), finding);
  return all;
}

std::string first_reason(const RunResult& run) {
  for (const auto& trial : run.trials)
    if (trial.verdict != Verdict::kPass && !trial.reasons.empty())
      return fmt::format("{}: {}", verdict::name(trial.verdict), trial.reasons.front());
  return std::string(verdict::name(run.verdict()));
}

// Trials that did not pass, of those that passed or failed.
plan::Count failed(const RunResult& run) {
  const auto passed = count_passed(run.trials);
  return {passed.trials - passed.seen, passed.trials};
}

Row without_findings(const RunResult& base, const RunResult& patched) {
  Row row{.scenario = base.scenario,
          .base = failed(base),
          .patched = failed(patched),
          .directory = patched.directory};
  if (row.base.trials > 0 && row.patched.trials > 0) {
    row.change = Change::kStillPassing;
  } else if (base.verdict() == Verdict::kSkip && patched.verdict() == Verdict::kSkip) {
    row.change = Change::kSkipped;
    row.why = first_reason(patched);
  } else {
    const bool of_base = row.base.trials == 0;
    row.why = fmt::format("no trial on the {} says anything: {}", of_base ? "base" : "patched one",
                          first_reason(of_base ? base : patched));
  }
  return row;
}

bool always_against_never(const plan::Count& never, const plan::Count& always) {
  return never.seen == 0 && always.seen == always.trials &&
         std::min(never.trials, always.trials) >= kAlwaysAgainstNever;
}

// `factor`: by how much Holm would have multiplied the smallest p.
void decide(Row& row, double factor) {
  const bool worse = row.patched.seen * row.base.trials > row.base.seen * row.patched.trials;
  const auto& less = worse ? row.base : row.patched;
  const auto& more = worse ? row.patched : row.base;
  if (row.base.trials == 0 || row.patched.trials == 0) {
    row.why = fmt::format("no trial on the {} says anything of it",
                          row.base.trials == 0 ? "base" : "patched one");
    return;
  }
  if (row.p < kSignificant || always_against_never(less, more)) {
    row.change = worse ? Change::kRegressed : Change::kFixed;
    return;
  }
  if (row.base.seen > 0 && row.patched.seen > 0) {
    row.change = Change::kStillFailing;
    return;
  }
  const auto trials = plan::trials_to_tell_apart(less, more, kSignificant / factor);
  if (trials != 0) row.decides = std::max(trials, more.trials + 1);
  row.why = "too few trials to tell chance from change";
}

double raw_p(const Row& row) {
  const bool worse = row.patched.seen * row.base.trials > row.base.seen * row.patched.trials;
  return worse ? plan::fisher(row.base, row.patched) : plan::fisher(row.patched, row.base);
}

}  // namespace

std::string_view name(Change change) {
  switch (change) {
    case Change::kRegressed: return "regressed";
    case Change::kFixed: return "fixed";
    case Change::kUndecided: return "undecided";
    case Change::kStillFailing: return "still failing";
    case Change::kStillPassing: return "still passing";
    case Change::kSkipped: return "skipped";
  }
  return {};
}

Comparison compare(std::span<const RunResult> base, std::span<const RunResult> patched) {
  Comparison comparison;
  for (const RunResult& control : base) {
    const auto other = std::ranges::find(patched, control.scenario, &RunResult::scenario);
    if (other == patched.end()) continue;
    auto findings = findings_of(*other);
    const auto of_base = findings_of(control);
    const auto here = findings;
    findings.insert(of_base.begin(), of_base.end());
    for (const auto& [wanted, finding] : findings) {
      const RunResult& shows = here.contains(wanted) ? *other : control;
      comparison.rows.push_back({.scenario = control.scenario,
                                 .base = count(control.trials, wanted),
                                 .patched = count(other->trials, wanted),
                                 .finding = finding,
                                 .directory = shows.directory,
                                 .replay = shows.replay});
    }
    if (findings.empty()) comparison.rows.push_back(without_findings(control, *other));
  }
  std::vector<double> p;
  for (const Row& row : comparison.rows)
    if (!row.finding.oracle.empty()) p.push_back(raw_p(row));
  const auto adjusted = plan::holm(p);
  std::size_t next = 0;
  for (Row& row : comparison.rows) {
    if (row.finding.oracle.empty()) continue;
    row.p = adjusted[next++];
    decide(row, static_cast<double>(p.size()));
  }
  std::ranges::stable_sort(comparison.rows, {}, &Row::change);
  return comparison;
}

unsigned count(const Comparison& comparison, Change change) {
  return static_cast<unsigned>(std::ranges::count(comparison.rows, change, &Row::change));
}

int exit_code(const Comparison& comparison) {
  if (count(comparison, Change::kRegressed) > 0) return verdict::exit_code(Verdict::kFail);
  if (count(comparison, Change::kUndecided) > 0) return verdict::exit_code(Verdict::kInconclusive);
  return 0;
}

}  // namespace bioscope::campaign

// SPDX-License-Identifier: GPL-2.0-only
#include "harness/report/ktap.h"

#include <fmt/format.h>

#include <algorithm>

namespace bioscope::report {
namespace {

using verdict::OracleState;
using verdict::Verdict;

// A description ends at '#' or at the end of the line.
std::string plain(std::string_view text) {
  std::string line;
  for (const char c : text)
    line += c == '#' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return line;
}

struct Point {
  bool ok = false;
  std::string name{};
  std::string directive{};
};

void add(std::string& out, std::string_view indent, std::size_t number, const Point& point) {
  out += fmt::format("{}{} {} {}{}{}\n", indent, point.ok ? "ok" : "not ok", number,
                     plain(point.name), point.directive.empty() ? "" : " # ", point.directive);
}

Point of(const verdict::OracleResult& oracle) {
  switch (oracle.state) {
    case OracleState::kSatisfied: return {true, oracle.oracle, ""};
    case OracleState::kViolated: return {false, oracle.oracle, ""};
    case OracleState::kNotApplicable:
      return {true, oracle.oracle, "SKIP " + plain(oracle.reason)};
    case OracleState::kUnjudged:
    case OracleState::kUnarmed: break;
  }
  return {false, oracle.oracle,
          fmt::format("ERROR {}: {}", verdict::name(oracle.state), plain(oracle.reason))};
}

Point of(const verdict::RunResult& run) {
  const Verdict verdict = run.effective();
  std::string why;
  for (const auto& trial : run.trials)
    if (trial.verdict == run.verdict() && !trial.reasons.empty()) {
      why = plain(trial.reasons.front());
      break;
    }
  const auto findings = run.findings();
  const bool hang = std::ranges::any_of(
      findings, [](const verdict::Finding& f) { return f.kind.starts_with("hang:"); });
  switch (verdict) {
    case Verdict::kPass: return {true, run.scenario, ""};
    case Verdict::kFail: return {false, run.scenario, hang ? "TIMEOUT" : ""};
    case Verdict::kSkip: return {true, run.scenario, "SKIP " + why};
    case Verdict::kInconclusive:
    case Verdict::kInfra: break;
  }
  return {false, run.scenario, fmt::format("ERROR {}: {}", verdict::name(verdict), why)};
}

}  // namespace

std::string to_ktap(std::span<const verdict::RunResult> runs) {
  std::string out = fmt::format("KTAP version 1\n1..{}\n", runs.size());
  std::size_t number = 0;
  for (const auto& run : runs) {
    const auto oracles = run.oracles();
    out += fmt::format("  KTAP version 1\n  # Subtest: {}\n  1..{}\n", plain(run.scenario),
                       oracles.size());
    std::size_t sub = 0;
    for (const auto& oracle : oracles) add(out, "  ", ++sub, of(oracle));
    for (const auto& trial : run.trials)
      for (const std::string& reason : trial.reasons)
        out += fmt::format("  # trial {}: {}\n", trial.number, plain(reason));
    add(out, "", ++number, of(run));
  }
  return out;
}

}  // namespace bioscope::report

// SPDX-License-Identifier: GPL-2.0-only
#include "harness/report/ktap.h"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "harness/report/text.h"

namespace bioscope::report {
namespace {

using verdict::OracleState;
using verdict::RunResult;
using verdict::Verdict;

constexpr std::size_t kMostName = 120;
constexpr std::size_t kMostText = 300;

// '#' opens a directive and has no escape.
std::string plain(std::string_view text, std::size_t limit) {
  std::string line = one_line(text, limit);
  std::ranges::replace(line, '#', ' ');
  return line;
}

struct Point {
  bool ok = false;
  std::string name{};
  std::string directive{};
};

void add(std::string& out, std::string_view indent, std::size_t number, const Point& point) {
  out += fmt::format("{}{} {} {}{}{}\n", indent, point.ok ? "ok" : "not ok", number,
                     plain(point.name, kMostName), point.directive.empty() ? "" : " # ",
                     plain(point.directive, kMostText));
}

Point of(const verdict::OracleResult& oracle) {
  switch (oracle.state) {
    case OracleState::kSatisfied: return {true, oracle.oracle, ""};
    case OracleState::kViolated: return {false, oracle.oracle, ""};
    case OracleState::kNotApplicable: return {true, oracle.oracle, "SKIP " + oracle.reason};
    case OracleState::kUnjudged:
    case OracleState::kUnarmed: break;
  }
  return {false, oracle.oracle,
          fmt::format("ERROR {}: {}", verdict::name(oracle.state), oracle.reason)};
}

Point of(const RunResult& run) {
  const Verdict verdict = run.effective();
  std::string why;
  for (const auto& trial : run.trials)
    if (trial.verdict == run.verdict() && !trial.reasons.empty()) {
      why = trial.reasons.front();
      break;
    }
  const bool hang = std::ranges::any_of(run.findings(), [](const verdict::Finding& finding) {
    return finding.kind.starts_with("hang:");
  });
  switch (verdict) {
    case Verdict::kPass: return {true, run.scenario, ""};
    case Verdict::kFail: return {false, run.scenario, hang ? "TIMEOUT" : ""};
    case Verdict::kSkip: return {true, run.scenario, "SKIP " + why};
    case Verdict::kInconclusive:
    case Verdict::kInfra: break;
  }
  return {false, run.scenario, fmt::format("ERROR {}: {}", verdict::name(verdict), why)};
}

// A witness counts as seen if every trial that witnesses were looked for in has seen it.
std::vector<Point> witnesses_of(const RunResult& run) {
  std::map<std::string, bool> seen;
  for (const auto& trial : run.trials)
    for (const auto& witness : trial.witnesses) {
      const auto [it, first] = seen.try_emplace(witness.witness, true);
      it->second = it->second && witness.count != 0;
    }
  std::vector<Point> points;
  for (const auto& [name, all] : seen)
    points.push_back({all, "witness " + name, all ? "" : "ERROR not seen"});
  return points;
}

}  // namespace

std::string to_ktap(std::span<const RunResult> runs) {
  std::string out = fmt::format("KTAP version 1\n1..{}\n", runs.size());
  std::size_t number = 0;
  for (const RunResult& run : runs) {
    std::vector<Point> points;
    for (const auto& oracle : run.oracles()) points.push_back(of(oracle));
    for (auto& point : witnesses_of(run)) points.push_back(std::move(point));
    if (!run.expected.empty() && run.as_expected())
      for (Point& point : points)
        if (!point.ok) point.directive = "XFAIL declared";
    // An empty plan would say that the scenario has no tests; it was not run.
    if (!points.empty()) {
      out += fmt::format("  KTAP version 1\n  # Subtest: {}\n  1..{}\n",
                         plain(run.scenario, kMostName), points.size());
      std::size_t sub = 0;
      for (const Point& point : points) add(out, "  ", ++sub, point);
    }
    for (const auto& trial : run.trials)
      for (const std::string& reason : trial.reasons)
        out += fmt::format("# {} trial {}: {}\n", plain(run.scenario, kMostName), trial.number,
                           plain(reason, kMostText));
    add(out, "", ++number, of(run));
  }
  return out;
}

}  // namespace bioscope::report

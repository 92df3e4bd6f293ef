// SPDX-License-Identifier: GPL-2.0-only
#include "harness/campaign/expectation.h"

#include <algorithm>
#include <set>

#include <fmt/ranges.h>
#include <toml++/toml.h>

#include "harness/base/file.h"

namespace bioscope::campaign {
namespace {

namespace fs = std::filesystem;

constexpr Change kAll[] = {Change::kRegressed,    Change::kFixed,        Change::kUndecided,
                           Change::kStillFailing, Change::kStillPassing, Change::kSkipped};
constexpr std::string_view kBy = " by ";

std::string text_of(const Expected& expected) {
  return expected.oracle.empty()
             ? std::string(name(expected.change))
             : fmt::format("{}{}{}", name(expected.change), kBy, expected.oracle);
}

// "still passing", "regressed by clone_before_master"
std::optional<Expected> parse(std::string_view scenario, std::string_view text) {
  const auto by = text.find(kBy);
  Expected expected{.scenario = std::string(scenario)};
  if (by != std::string_view::npos) expected.oracle = text.substr(by + kBy.size());
  const auto change = std::ranges::find(kAll, text.substr(0, by), &name);
  if (change == std::end(kAll)) return std::nullopt;
  expected.change = *change;
  const bool shown = *change == Change::kRegressed || *change == Change::kFixed ||
                     *change == Change::kStillFailing;
  if (by != std::string_view::npos && (!shown || expected.oracle.empty())) return std::nullopt;
  return expected;
}

Result<Expectation> interpret(const toml::table& table, const fs::path& file) {
  const auto wrong = [&](const toml::node& node, std::string_view key, std::string_view what) {
    return usage_error("{}:{}: {} {}", file.string(), node.source().begin.line, key, what);
  };
  Expectation expectation{.directory = file.parent_path()};
  const toml::table* expected = nullptr;
  for (const auto& [key, node] : table) {
    const auto word = node.value<std::string>();
    if (key == "expected") {
      expected = node.as_table();
      if (expected == nullptr) return wrong(node, "expected", "is no table");
    } else if (key != "base" && key != "thread" && key != "intent") {
      return wrong(node, key.str(), "is no key of a patch on trial");
    } else if (!word || word->empty()) {
      return wrong(node, key.str(), "is no text");
    } else if (key == "base") {
      expectation.base = "debian:" + *word;
    }
  }
  if (expectation.base.empty()) return usage_error("{}: base is missing", file.string());
  if (expected == nullptr || expected->empty())
    return usage_error("{}: it expects nothing: a table [expected] is missing", file.string());
  for (const auto& [scenario, node] : *expected) {
    const auto one = parse(scenario.str(), node.value_or(std::string_view()));
    if (!one)
      return wrong(node, scenario.str(),
                   "expects something that compare does not say; it says \"still passing\", "
                   "\"regressed by ORACLE\", \"fixed\", \"still failing\", \"undecided\", "
                   "\"skipped\"");
    expectation.scenarios.push_back(*one);
  }
  return expectation;
}

}  // namespace

Result<Expectation> read_expectation(const fs::path& directory) {
  const auto file = directory / "series.toml";
  auto text = read_file(file);
  if (!text) {
    text.error().blame = Blame::kUsage;
    return std::unexpected(text.error());
  }
  try {
    return interpret(toml::parse(*text, file.string()), file);
  } catch (const toml::parse_error& error) {
    return usage_error("{}:{}: {}", file.string(), error.source().begin.line, error.description());
  }
}

std::vector<Outcome> hold(const Expectation& expectation, const Comparison& comparison) {
  std::vector<Outcome> outcomes;
  for (const Expected& expected : expectation.scenarios) {
    Outcome outcome{.expected = expected};
    std::optional<Change> worst;
    std::set<std::string> oracles;  // that show the worst
    for (const Row& row : comparison.rows) {
      if (row.scenario != expected.scenario) continue;
      if (!worst) worst = row.change;  // rows come in this order
      if (row.change == *worst && !row.finding.oracle.empty()) oracles.insert(row.finding.oracle);
    }
    outcome.is = worst ? std::string(name(*worst)) : "not compared";
    if (!oracles.empty()) outcome.is += fmt::format("{}{}", kBy, fmt::join(oracles, ", "));
    const bool same =
        worst == expected.change && (expected.oracle.empty() || oracles.contains(expected.oracle));
    if (same)
      outcome.met = Met::kYes;
    else if (worst && *worst != Change::kUndecided && *worst != Change::kSkipped)
      outcome.met = Met::kNo;
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

std::string to_text(const Expectation& expectation, const std::vector<Outcome>& outcomes) {
  const auto met = std::ranges::count(outcomes, Met::kYes, &Outcome::met);
  auto text = fmt::format("{} of {} scenarios are as {} expects\n", met, outcomes.size(),
                          (expectation.directory / "series.toml").string());
  for (const Outcome& outcome : outcomes)
    if (outcome.met != Met::kYes)
      text += fmt::format("    {}: {} was expected; {}\n", outcome.expected.scenario,
                          text_of(outcome.expected), outcome.is);
  return text;
}

int exit_code(const std::vector<Outcome>& outcomes) {
  const auto any = [&](Met met) {
    return std::ranges::find(outcomes, met, &Outcome::met) != outcomes.end();
  };
  if (any(Met::kNo)) return verdict::exit_code(verdict::Verdict::kFail);
  return any(Met::kUnsaid) ? verdict::exit_code(verdict::Verdict::kInconclusive) : 0;
}

}  // namespace bioscope::campaign

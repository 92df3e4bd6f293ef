// SPDX-License-Identifier: GPL-2.0-only
#include "harness/campaign/kill.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace bioscope::campaign {
namespace {

using verdict::Finding;
using verdict::RunResult;
using verdict::Verdict;

// What people would have seen without any oracle.
bool is_console(const Finding& finding) {
  return finding.oracle == "console_clean" || finding.oracle == "guest";
}
bool is_loud(const Finding& finding) {
  return is_console(finding) || finding.oracle == "assertion";
}

std::string label(const Finding& finding) {
  return fmt::format("{}:{}", finding.oracle, finding.kind);
}

// Why a run is what it is, in a few words.
std::string reason(const RunResult& run) {
  if (const auto findings = run.findings(); !findings.empty())
    return fmt::format("{} {}", label(findings.front()), findings.front().summary);
  for (const auto& trial : run.trials)
    if (!trial.reasons.empty()) return trial.reasons.front();
  return std::string(verdict::name(run.verdict()));
}

void add(std::vector<std::string>& list, std::string text) {
  if (std::ranges::find(list, text) == list.end()) list.push_back(std::move(text));
}

void look_for_the_kill(Kill& kill, const Tried& tried) {
  std::vector<Finding> all;
  bool passed = false;
  for (const RunResult& run : tried.provoked) {
    for (const auto& trial : run.trials) {
      ++kill.trials;
      kill.seconds += trial.seconds;
      passed = passed || trial.verdict == Verdict::kPass;
    }
    const auto findings = run.findings();
    all.insert(all.end(), findings.begin(), findings.end());
    kill.scenario = run.scenario;
    kill.directory = run.directory;
    if (std::ranges::any_of(findings, [&](const Finding& f) { return finds(kill.mutant, f); })) {
      kill.fate = Fate::kKilled;
      break;
    }
  }
  for (const Finding& finding : all)
    if (finds(kill.mutant, finding)) add(kill.by, label(finding));
  for (const Finding& finding : all) add(kill.by, label(finding));
  if (kill.fate == Fate::kKilled) {
    if (kill.mutant.silent && std::ranges::any_of(all, is_loud))
      kill.untrue.emplace_back("it is not silent");
    return;
  }
  kill.scenario.clear();
  if (!all.empty())
    kill.fate = std::ranges::all_of(all, is_console) ? Fate::kConsole : Fate::kAnother;
  else
    kill.fate = passed ? Fate::kSurvived : Fate::kUnclear;
  if (!tried.provoked.empty() && kill.fate == Fate::kUnclear)
    kill.why = reason(tried.provoked.back());
}

}  // namespace

std::string_view name(Fate fate) {
  switch (fate) {
    case Fate::kKilled: return "killed";
    case Fate::kAnother: return "killed by another";
    case Fate::kConsole: return "console only";
    case Fate::kSurvived: return "survived";
    case Fate::kUnclear: return "unclear";
    case Fate::kBroken: return "does not compile";
  }
  return {};
}

bool finds(const Mutant& mutant, const Finding& finding) {
  return finding.oracle == mutant.oracle && (mutant.kind.empty() || finding.kind == mutant.kind);
}

Kill weigh(const Mutant& mutant, const Tried& tried) {
  Kill kill{.mutant = mutant, .build_seconds = tried.build_seconds};
  if (!tried.broken.empty()) {
    kill.fate = Fate::kBroken;
    kill.why = tried.broken;
    return kill;
  }
  look_for_the_kill(kill, tried);
  for (const RunResult& run : tried.quiet)
    if (const Verdict verdict = run.verdict(); verdict == Verdict::kFail && mutant.quiet_passes)
      kill.untrue.push_back(
          fmt::format("{} does not pass without the plan: {}", run.scenario, reason(run)));
  for (const RunResult& run : tried.undisturbed) {
    const Verdict verdict = run.verdict();
    auto told = fmt::format("{} {}: {}", run.scenario, verdict::name(verdict), reason(run));
    switch (verdict) {
      case Verdict::kPass: ++kill.undisturbed; break;
      case Verdict::kSkip: break;  // this kernel lacks what it needs
      case Verdict::kInfra: kill.not_run.push_back(std::move(told)); break;
      default: kill.disturbed.push_back(std::move(told));
    }
  }
  return kill;
}

std::string heading() {
  return fmt::format("{:<32} {:<17} {:>6} {:>8} {:>7}  {}", "mutant", "fate", "trials", "seconds",
                     "build", "by");
}

std::string row(const Kill& kill) {
  std::string text =
      fmt::format("{:<32} {:<17} {:>6} {:>8.1f} {:>7.1f}  {}", kill.mutant.name, name(kill.fate),
                  kill.trials, kill.seconds, kill.build_seconds, fmt::join(kill.by, " "));
  while (text.ends_with(' ')) text.pop_back();
  text += '\n';
  if (!kill.why.empty()) text += fmt::format("    {}\n", kill.why);
  for (const std::string& what : kill.untrue)
    text += fmt::format("    not as its series.toml says: {}\n", what);
  for (const std::string& what : kill.disturbed) text += fmt::format("    disturbed: {}\n", what);
  for (const std::string& what : kill.not_run) text += fmt::format("    not run: {}\n", what);
  if (!kill.good() && !kill.directory.empty()) text += fmt::format("    {}\n", kill.directory);
  return text;
}

std::string closing(std::span<const Kill> kills) {
  std::map<Fate, unsigned> counts;
  unsigned disturbing = 0, untrue = 0, unrun = 0;
  for (const Kill& kill : kills) {
    ++counts[kill.fate];
    disturbing += kill.disturbed.empty() ? 0 : 1;
    untrue += kill.untrue.empty() ? 0 : 1;
    unrun += kill.not_run.empty() ? 0 : 1;
  }
  std::vector<std::string> parts;
  for (const auto& [fate, count] : counts) parts.push_back(fmt::format("{} {}", count, name(fate)));
  if (disturbing != 0) parts.push_back(fmt::format("{} disturbed what they must not", disturbing));
  if (untrue != 0) parts.push_back(fmt::format("{} not as described", untrue));
  if (unrun != 0) parts.push_back(fmt::format("{} not fully run", unrun));
  return fmt::format("{}\n", fmt::join(parts, ", "));
}

std::string to_json(std::string_view source, std::span<const Kill> kills) {
  auto mutants = nlohmann::json::array();
  for (const Kill& kill : kills) {
    const Mutant& mutant = kill.mutant;
    mutants.push_back({{"name", mutant.name},
                       {"breaks", mutant.breaks},
                       {"oracle", mutant.oracle},
                       {"kind", mutant.kind},
                       {"module", mutant.module},
                       {"silent", mutant.silent},
                       {"race", mutant.race},
                       {"revert", mutant.revert},
                       {"fate", name(kill.fate)},
                       {"good", kill.good()},
                       {"by", kill.by},
                       {"scenario", kill.scenario},
                       {"directory", kill.directory},
                       {"why", kill.why},
                       {"trials", kill.trials},
                       {"seconds", kill.seconds},
                       {"build_seconds", kill.build_seconds},
                       {"undisturbed", kill.undisturbed},
                       {"disturbed", kill.disturbed},
                       {"untrue", kill.untrue},
                       {"not_run", kill.not_run}});
  }
  const nlohmann::json document{{"schema", 1}, {"source", source}, {"mutants", mutants}};
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

int exit_code(std::span<const Kill> kills) {
  int code = 0;
  for (const Kill& kill : kills) {
    if (kill.good()) continue;
    const bool seen = kill.fate != Fate::kKilled && kill.fate != Fate::kUnclear;
    if (seen || !kill.disturbed.empty() || !kill.untrue.empty()) return 1;
    code = verdict::exit_code(Verdict::kInconclusive);
  }
  return code;
}

}  // namespace bioscope::campaign

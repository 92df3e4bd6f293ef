// SPDX-License-Identifier: GPL-2.0-only
#include "harness/campaign/campaign.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "harness/base/file.h"
#include "harness/campaign/runs.h"
#include "harness/plan/plan.h"

namespace bioscope::campaign {
namespace {

using verdict::RunResult;

Result<plan::Plan> read_plan(const Mutant& mutant) {
  auto text = read_file(mutant.plan);
  if (!text) {
    text.error().blame = Blame::kUsage;
    return std::unexpected(text.error());
  }
  return within(mutant.plan.string(), plan::parse(*text));
}

bool found(const Mutant& mutant, const std::vector<RunResult>& runs) {
  return std::ranges::any_of(runs, [&](const RunResult& run) {
    return std::ranges::any_of(run.findings(),
                               [&](const auto& finding) { return finds(mutant, finding); });
  });
}

// Runs the finding scenarios, one trial each at a time, until one of them has found it.
Result<std::vector<RunResult>> hunt(const Mutant& mutant, const Selection& selection,
                                    run::Options options, const Options& what,
                                    run::Observer& observer) {
  if (!mutant.plan.empty()) {
    BSC_TRY_ASSIGN(options.plan, read_plan(mutant));
  }
  std::vector<RunResult> all;
  for (unsigned trial = 0; trial < what.trials; ++trial, ++options.seed) {
    for (const run::ScenarioInfo& scenario : selection.finding) {
      BSC_TRY_ASSIGN(auto runs, run_all({scenario}, options, observer, what.stop));
      const bool over = found(mutant, runs);
      std::ranges::move(runs, std::back_inserter(all));
      if (over) return all;
    }
  }
  return all;
}

}  // namespace

Result<Selection> select(const Mutant& mutant, const run::Manifest& manifest) {
  const auto file = (mutant.directory / "series.toml").string();
  Selection selection;
  BSC_TRY_ASSIGN(selection.finding, within(file, manifest.select(mutant.scenarios)));
  std::set<std::string> taken;
  std::vector<std::string> rest;
  for (const run::ScenarioInfo& scenario : selection.finding) {
    taken.insert(scenario.name);
    if (const auto suite = scenario.suite + "/*"; std::ranges::find(rest, suite) == rest.end())
      rest.push_back(suite);
    const bool judged =
        is_always_judged(mutant.oracle) ||
        std::ranges::find(scenario.oracles, mutant.oracle) != scenario.oracles.end();
    if (!judged)
      return usage_error("{}: scenarios names {}, which {} does not judge", file, scenario.name,
                         mutant.oracle);
  }
  const auto& globs = mutant.undisturbed_listed ? mutant.undisturbed : rest;
  if (globs.empty()) return selection;
  BSC_TRY_ASSIGN(auto others, within(file, manifest.select(globs)));
  std::erase_if(others, [&](const auto& scenario) { return taken.contains(scenario.name); });
  selection.undisturbed = std::move(others);
  return selection;
}

Result<Tried> attempt(const Mutant& mutant, const Selection& selection, const Options& what,
                      run::Observer& observer) {
  using Seconds = std::chrono::duration<double>;
  Tried tried;
  const auto began = std::chrono::steady_clock::now();
  BSC_TRY_ASSIGN(const auto built, kbuild::build({.source = what.source,
                                                  .series = {mutant.directory.string()},
                                                  .name = mutant.name},
                                                 what.build));
  tried.build_seconds = Seconds(std::chrono::steady_clock::now() - began).count();
  tried.broken = built.broken;
  if (!tried.broken.empty()) return tried;

  BSC_TRY_ASSIGN(const auto options, what.prepare("built:" + built.name));
  if (!mutant.plan.empty()) {
    BSC_TRY_ASSIGN(tried.quiet, run_all(selection.finding, options, observer, what.stop));
  }
  BSC_TRY_ASSIGN(tried.provoked, hunt(mutant, selection, options, what, observer));
  auto undisturbed = selection.undisturbed;
  if (!what.all && undisturbed.size() > kQuick) undisturbed.resize(kQuick);
  BSC_TRY_ASSIGN(tried.undisturbed, run_all(undisturbed, options, observer, what.stop));
  return tried;
}

}  // namespace bioscope::campaign

// SPDX-License-Identifier: GPL-2.0-only
#include "harness/campaign/workshop.h"

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include <fmt/ranges.h>

#include "harness/campaign/runs.h"
#include "harness/campaign/suspicion.h"
#include "harness/kernel/source_lines.h"

namespace bioscope::campaign {
namespace {

// More would wait for each other, and change how often a race is lost.
constexpr unsigned kMostMachines = 4;
constexpr unsigned kTrialsOfABoot = 6;  // which take less time than another boot

}  // namespace

Workshop::Workshop(const Range& range, std::string name, std::vector<run::ScenarioInfo> scenarios,
                   Tools tools, run::Observer& observer)
    : range_(range),
      name_(std::move(name)),
      scenarios_(std::move(scenarios)),
      tools_(std::move(tools)),
      machines_(std::clamp(std::thread::hardware_concurrency(), 1U, kMostMachines)),
      attentive_(observer),
      ahead_([this](unsigned patches, const std::stop_token& stop) {
        std::stop_source either;
        const auto end = [&either] { either.request_stop(); };
        const std::stop_callback unwanted(stop, end), interrupted(tools_.stop, end);
        return make_first(patches, {.cache = tools_.build.cache,
                                    .etc = tools_.build.etc,
                                    .jobs = tools_.build.jobs,
                                    .stop = either.get_token(),
                                    .hold = [this] { return attentive_.scenario_runs(); }});
      }) {}

void Workshop::equip(BisectOptions& options) {
  options.make = [this](unsigned patches) -> Result<Made> {
    tools_.at(fmt::format("{} of {} patches", patches, range_.patches.size()));
    if (auto made = ahead_.take(patches)) return std::move(*made);
    return make_first(patches, tools_.build);
  };
  options.make_without = [this](unsigned culprit) { return make_without(culprit); };
  options.run = [this](const auto& order) { return run(order); };
  options.at_once = [this](const std::string& scenario) { return at_once(scenario); };
  options.ahead = [this](std::vector<unsigned> patches) { ahead_.foresee(std::move(patches)); };
  options.suspect = [this](const std::string& directory, const auto& findings) {
    return suspect(directory, findings);
  };
}

Result<Made> Workshop::make(std::vector<series::Patch> patches, const std::string& what,
                            const kbuild::Options& how) const {
  BSC_TRY_ASSIGN(const auto built, kbuild::build({.source = range_.source,
                                                  .patches = std::move(patches),
                                                  .name = fmt::format("bisect-{}-{}", name_, what)},
                                                 how));
  if (!built.broken.empty()) return Made{.broken = built.broken};
  return Made{.kernel = "built:" + built.name};
}

Result<Made> Workshop::make_first(unsigned patches, const kbuild::Options& how) const {
  return make({range_.patches.begin(), range_.patches.begin() + patches}, std::to_string(patches),
              how);
}

Result<Made> Workshop::make_without(unsigned culprit) {
  tools_.at(fmt::format("all without {}", culprit));
  auto patches = range_.patches;
  auto reverted = range_.patches.at(culprit - 1);
  reverted.reverse = true;
  patches.push_back(std::move(reverted));
  ahead_.rest();
  auto made = make(std::move(patches), fmt::format("without-{}", culprit), tools_.build);
  if (!made && made.error().blame == Blame::kUsage) return Made{.broken = made.error().what};
  return made;
}

Result<std::vector<BisectOptions::Ran>> Workshop::run(const BisectOptions::Order& order) {
  BSC_TRY_ASSIGN(auto prepared, tools_.prepare(order.kernel));
  std::vector<run::ScenarioInfo> chosen;
  for (const auto& scenario : scenarios_)
    if (std::ranges::find(order.scenarios, scenario.name) != order.scenarios.end())
      chosen.push_back(scenario);
  prepared.seed = order.seed;
  prepared.trials = order.trials;
  prepared.share_boots = true;
  prepared.enough = order.enough;
  prepared.jobs = std::min(order.trials * static_cast<unsigned>(chosen.size()), machines_);
  // What follows in one boot costs little where the first one may be enough.
  if (order.enough && chosen.size() == 1 && chosen[0].shares_boot)
    prepared.jobs = std::min(machines_, (order.trials + kTrialsOfABoot - 1) / kTrialsOfABoot);
  BSC_TRY_ASSIGN(const auto runs, run_all(chosen, prepared, attentive_, tools_.stop));
  std::vector<BisectOptions::Ran> ran;
  for (const auto& run : runs) {
    std::map<unsigned, verdict::TrialResult> last;  // attempt at each
    for (const auto& trial : run.trials) last[trial.number] = trial;
    for (auto& [number, trial] : last)
      ran.push_back(
          {.scenario = run.scenario, .trial = std::move(trial), .directory = run.directory});
  }
  return ran;
}

unsigned Workshop::at_once(const std::string& scenario) const {
  const auto one = std::ranges::find(scenarios_, scenario, &run::ScenarioInfo::name);
  return one->shares_boot ? machines_ * kTrialsOfABoot : machines_;
}

std::vector<double> Workshop::suspect(const std::string& directory,
                                      const std::vector<verdict::Finding>& findings) const {
  std::set<std::string> frames;
  for (const auto& finding : findings) frames.insert(finding.frames.begin(), finding.frames.end());
  kernel::SourceLines lines(std::filesystem::path(directory) / "kernel/debug");
  const auto places = lines.decode({frames.begin(), frames.end()});
  auto suspicion = campaign::suspicion(range_.patches, places);
  if (!suspicion.files.empty())
    tools_.say(fmt::format("patches that change {} are tried first: it came through there",
                           fmt::join(suspicion.files, ", ")));
  return std::move(suspicion.weights);
}

}  // namespace bioscope::campaign

// SPDX-License-Identifier: GPL-2.0-only
// bioscope replay RUN: runs the stored plan of a trial again, on the stored kernel, and tells how
// often the same came back.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>

#include "harness/base/file.h"
#include "harness/cli/host_options.h"
#include "harness/cli/place.h"
#include "harness/evidence/run_directory.h"
#include "harness/evidence/trial.h"
#include "harness/plan/interval.h"
#include "harness/report/terminal.h"
#include "harness/run/fault_check.h"
#include "harness/verdict/stored.h"

namespace bioscope::cli {
namespace {

struct Line {
  HostOptions host{};
  std::string run{};
  std::optional<unsigned> trial{};
  unsigned trials = 10;
  unsigned jobs = 1;
};

struct Original {
  evidence::Trial trial{};
  verdict::TrialResult result{};  // "lost" leaves it empty
};

Result<Original> read_trial(const std::filesystem::path& directory) {
  Original original;
  BSC_TRY_ASSIGN(const std::string plan, read_file(directory / "plan.json"));
  BSC_TRY_ASSIGN(original.trial, within(directory.string(), evidence::parse_trial(plan)));
  if (const auto stored = read_file(directory / "findings.json")) {
    BSC_TRY_ASSIGN(original.result, within(directory.string(), verdict::parse_result(*stored)));
  }
  return original;
}

// The trial that was asked for, else the first that failed, else the first that did not pass, else
// the first.
Result<Original> find_trial(const evidence::RunDirectory& run, const Line& line) {
  std::optional<Original> best;
  const auto weight = [](const Original& original) {
    return original.result.verdict == verdict::Verdict::kFail   ? 2
           : original.result.verdict == verdict::Verdict::kPass ? 0
                                                                : 1;
  };
  for (const auto& directory : run.trials()) {
    BSC_TRY_ASSIGN(auto original, read_trial(directory));
    if (line.trial && original.trial.number != *line.trial) continue;
    if (!best || weight(original) > weight(*best)) best = std::move(original);
  }
  if (!best && line.trial) return usage_error("{} holds no trial {}", line.run, *line.trial);
  if (!best) return usage_error("{} holds no trial", line.run);
  if (!best->trial.command.empty() || best->trial.scenario == "exec")
    return usage_error("{} is a run of `bioscope exec`: give that command again", line.run);
  return *std::move(best);
}

// With the options that it was given, and what the user's modules needed.
Result<std::vector<run::ScenarioInfo>> scenario_of(const evidence::Trial& trial,
                                                   const run::Manifest& manifest) {
  std::vector<std::string> given;
  for (const std::string& need : trial.needs)
    if (need.starts_with(run::kOptionNeed)) given.push_back(need.substr(run::kOptionNeed.size()));
  BSC_TRY_ASSIGN(auto scenarios, manifest.select({trial.scenario}, given));
  if (!trial.modules.empty()) scenarios.front().needs = trial.needs;
  return scenarios;
}

// The file of the user's that the trial had. What it held then nobody has kept.
Status take_nvdimm(const evidence::Trial& trial, Line& line) {
  if (trial.nvdimm.empty() && line.host.nvdimm.empty()) return {};
  if (line.jobs > 1) return usage_error("--nvdimm is one file: give no --jobs {}", line.jobs);
  if (line.host.nvdimm.empty()) line.host.nvdimm = trial.nvdimm;
  std::error_code code;
  if (!std::filesystem::exists(line.host.nvdimm, code))
    return usage_error(
        "{} ran on --nvdimm {}, which is not there: give a file that holds what that one did",
        line.run, line.host.nvdimm);
  fmt::print(stderr,
             "bioscope: each trial starts from what {} holds by then, as the one before left it\n",
             line.host.nvdimm);
  return {};
}

using Signature = std::pair<std::string, std::string>;  // oracle and fingerprint

std::set<Signature> signatures(const verdict::TrialResult& result) {
  std::set<Signature> all;
  for (const auto& finding : result.findings) all.emplace(finding.oracle, finding.fingerprint);
  return all;
}

void compare(std::FILE* out, const Original& original,
             const std::vector<verdict::RunResult>& runs) {
  if (original.result.findings.empty()) {
    fmt::print(out, "the trial that was replayed has no finding to look for (it was {})\n",
               verdict::name(original.result.verdict));
    return;
  }
  // What is INFRA shows nothing of the kernel.
  unsigned counted = 0;
  std::map<Signature, unsigned> seen;
  for (const auto& run : runs)
    for (const auto& trial : run.trials) {
      if (trial.verdict == verdict::Verdict::kInfra) continue;
      ++counted;
      for (const Signature& signature : signatures(trial)) ++seen[signature];
    }
  std::set<Signature> told;  // one bug may have left many findings
  for (const auto& finding : original.result.findings) {
    const Signature signature(finding.oracle, finding.fingerprint);
    if (!told.insert(signature).second) continue;
    const unsigned back = seen[signature];
    const auto interval = plan::exact_interval(back, counted);
    fmt::print(out, "{}/{} {} came back in {} of {} trials: {:.1f} % to {:.1f} % (95 %, exact)\n",
               finding.oracle, finding.kind, finding.fingerprint, back, counted, 100 * interval.low,
               100 * interval.high);
  }
}

Result<int> execute(Line line, const Context& context) {
  BSC_TRY_ASSIGN(const auto run, evidence::RunDirectory::open(line.run));
  BSC_TRY_ASSIGN(const auto original, find_trial(run, line));
  if (line.host.kernel.empty()) line.host.kernel = run.info().kernel_spec;
  BSC_TRY(take_nvdimm(original.trial, line));
  BSC_TRY_ASSIGN(const auto manifest, manifest());
  BSC_TRY_ASSIGN(const auto scenarios, scenario_of(original.trial, manifest));
  BSC_TRY_ASSIGN(auto options, line.host.prepare(context));
  options.plan = plan::Plan{.scenario = original.trial.scenario,
                            .kernel = original.trial.kernel,
                            .seed = original.trial.seed,
                            .boot = original.trial.boot,
                            .faults = original.trial.faults};
  if (options.plan->kernel != options.kernel.digest)
    return usage_error(
        "{} ran on the kernel with digest {} ({} {}), and {} is now {}: give that kernel by "
        "--kernel, or try the plan on this one with `bioscope run --plan`",
        line.run, options.plan->kernel, run.info().kernel_spec, run.info().kernel_version,
        options.kernel.spec, options.kernel.digest);
  BSC_TRY(
      within(line.run, run::check_plan(*options.plan, scenarios.front().needs, options.kernel)));
  options.modules = run::kept_modules(original.trial, run);
  options.long_form = original.trial.long_form;
  options.jobs = line.jobs;
  options.trials = line.trials;
  std::FILE* const out = line.host.stdout_taken() ? stderr : stdout;
  report::Terminal terminal(out);
  BSC_TRY_ASSIGN(const auto outcome, run::run(scenarios, options, terminal, context.interrupted));
  if (!outcome.runs.empty() || !outcome.stopped) terminal.summary(outcome.runs);
  compare(out, original, outcome.runs);
  BSC_TRY(line.host.report(outcome.runs, options));
  if (outcome.stopped) return std::unexpected(*outcome.stopped);
  return verdict::exit_code(outcome.runs);
}

}  // namespace

void add_replay(CLI::App& app, const Context& context, Action& action) {
  const auto line = std::make_shared<Line>();
  CLI::App* verb = app.add_subcommand("replay", "run a stored trial's plan on its kernel again");
  verb->add_option("run", line->run, "directory of the run")->required();
  line->host.kernel.clear();  // that of the run
  line->host.add_to(*verb);
  verb->add_option("--trial", line->trial, "which trial; else the first that failed");
  verb->add_option("--trials", line->trials, "times that it runs")
      ->check(CLI::Range(1u, 100000u))
      ->capture_default_str();
  verb->add_option("--jobs", line->jobs, "machines at a time")->check(CLI::Range(1u, 64u));
  verb->callback(
      [=, &context, &action] { action = [line, &context] { return execute(*line, context); }; });
}

}  // namespace bioscope::cli

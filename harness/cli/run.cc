// SPDX-License-Identifier: GPL-2.0-only
// bioscope run [GLOB...]: runs scenarios and prints their verdicts.
#include <algorithm>
#include <memory>

#include "harness/base/file.h"
#include "harness/campaign/sighting.h"
#include "harness/cli/host_options.h"
#include "harness/cli/module_line.h"
#include "harness/cli/place.h"
#include "harness/cli/plan_line.h"
#include "harness/report/terminal.h"

namespace bioscope::cli {
namespace {

constexpr char kDeviceModule[] = "device-module";

struct Line {
  HostOptions host{};
  std::vector<std::string> globs{};
  unsigned jobs = 1;
  unsigned trials = 1;
  unsigned again = 0;
  std::optional<std::uint64_t> seed{};
  bool dry_run = false;
  bool long_form = false;
  bool fresh_boots = false;
  PlanLine plan{};
  ModuleLine device{};
  std::optional<std::string> git_bisect{};  // a finding, or empty: any failure
};

// What `git bisect run` takes an exit code for: 0 good, 1 bad, 125 cannot be tested, 128 stop.
constexpr int kSkip = 125;
constexpr int kAbort = 128;
int git_code(const std::vector<verdict::RunResult>& runs, const campaign::Signature& wanted) {
  bool good = false;
  bool infra = false;
  for (const auto& run : runs) {
    for (const auto& trial : run.trials) {
      infra = infra || trial.verdict == verdict::Verdict::kInfra;
      if (wanted.fingerprint.empty()) {
        if (trial.verdict == verdict::Verdict::kFail) return 1;
        good = good || trial.verdict == verdict::Verdict::kPass;
      } else if (const auto seen = campaign::sighted(trial, wanted)) {
        if (*seen) return 1;
        good = true;
      }
    }
  }
  if (good) return 0;
  return infra ? kAbort : kSkip;
}

// Without globs, those that put the user's own driver to the test.
Result<std::vector<run::ScenarioInfo>> choose(Line& line, const run::Manifest& manifest) {
  if (line.device.values.empty()) return line.plan.select(manifest, line.globs);
  BSC_TRY(within("--device-module", line.device.read()));
  BSC_TRY_ASSIGN(auto scenarios, line.plan.select(manifest, line.globs, {kDeviceModule}));
  const auto takes = [](const run::ScenarioInfo& info) {
    return info.needed_option() == kDeviceModule;
  };
  if (line.globs.empty() && !line.plan.plan)
    std::erase_if(scenarios, [&](const auto& info) { return !takes(info); });
  if (std::ranges::none_of(scenarios, takes))
    return usage_error("--device-module is for ramdisk/on_module, which was not chosen");
  for (run::ScenarioInfo& info : scenarios)
    if (takes(info))
      info.needs.insert(info.needs.end(), line.device.needs.begin(), line.device.needs.end());
  return scenarios;
}

Result<int> execute(Line& line, const Context& context) {
  BSC_TRY_ASSIGN(const auto manifest, manifest());
  BSC_TRY(line.plan.read());
  if (!line.host.nvdimm.empty() && line.jobs > 1)
    return usage_error("--nvdimm is one file: give no --jobs {}", line.jobs);
  BSC_TRY_ASSIGN(const auto scenarios, choose(line, manifest));
  BSC_TRY_ASSIGN(const auto wanted,
                 within("--git-bisect", campaign::parse_signature(line.git_bisect.value_or(""))));
  BSC_TRY(within("--git-bisect", campaign::check_signature(wanted, scenarios)));
  BSC_TRY_ASSIGN(auto options, line.host.prepare(context));
  BSC_TRY(line.plan.check(scenarios, options.kernel));
  BSC_TRY(within("--device-module", line.device.check(options.kernel)));
  options.plan = line.plan.plan;
  options.modules = line.device.modules;
  options.long_form = line.long_form;
  options.share_boots = !line.fresh_boots;
  options.draw = line.seed.has_value();
  options.jobs = line.jobs;
  options.trials = line.trials;
  options.again = line.again;
  options.seed = line.seed.value_or(options.seed);
  if (line.dry_run) {
    BSC_TRY_ASSIGN(const auto lines, run::describe(scenarios, options));
    for (const std::string& text : lines) fmt::print("{}\n", text);
    return 0;
  }
  report::Terminal terminal(line.host.stdout_taken() ? stderr : stdout);
  BSC_TRY_ASSIGN(const auto outcome, run::run(scenarios, options, terminal, context.interrupted));
  if (!outcome.runs.empty() || !outcome.stopped) terminal.summary(outcome.runs);
  BSC_TRY(line.host.report(outcome.runs, options));
  if (outcome.stopped) return std::unexpected(*outcome.stopped);
  if (line.git_bisect) return git_code(outcome.runs, wanted);
  return verdict::exit_code(outcome.runs);
}

// A wrong line or a host without QEMU says nothing of a commit, and 2 and 69 would be "bad".
Result<int> execute_for(Line& line, const Context& context) {
  auto code = execute(line, context);
  if (code || !line.git_bisect) return code;
  fmt::print(stderr, "bioscope: {}\n", code.error().text());
  return kAbort;
}

}  // namespace

void add_run(CLI::App& app, const Context& context, Action& action) {
  const auto line = std::make_shared<Line>();
  CLI::App* verb = app.add_subcommand("run", "run scenarios and print their verdicts");
  verb->add_option("glob", line->globs, "scenarios: dm/*, meta/panic*; all but meta if none");
  line->host.add_to(*verb);
  verb->add_option("--jobs", line->jobs, "machines at a time")->check(CLI::Range(1u, 64u));
  verb->add_option("--trials", line->trials, "times that each scenario runs")
      ->check(CLI::Range(1u, 100000u));
  verb->add_option("--again", line->again,
                   "times that an INCONCLUSIVE trial is run again; every outcome stays on record")
      ->check(CLI::Range(0u, run::kMostAgain));
  verb->add_option("--seed", line->seed,
                   "of the first trial; the others count up. Draws random faults "
                   "at the sites that a scenario declares");
  verb->add_option("--device-module", line->device.values,
                   "a block driver of yours, FILE or 'FILE PARAMETER...', for ramdisk/on_module; "
                   "before it, modules that it needs")
      ->allow_extra_args(false);
  verb->add_option("--plan", line->plan.file, "JSON file with the faults that every trial meets")
      ->excludes("--seed");
  verb->add_option(
          "--git-bisect", line->git_bisect,
          "end as `git bisect run` wants it: 0 without the finding [ORACLE/]FINGERPRINT (or "
          "any failure), 1 with it, 125 if that cannot be said, 128 on INFRA")
      ->expected(0, 1)
      ->default_str("");
  verb->add_flag("--long", line->long_form, "the long form of the scenarios that have one");
  verb->add_flag("--fresh-boots", line->fresh_boots,
                 "a boot for each trial, of scenarios as well whose trials may share one");
  verb->add_flag("--dry-run", line->dry_run, "say what would run, and run nothing");
  verb->callback([=, &context, &action] {
    action = [line, &context] { return execute_for(*line, context); };
  });
}

}  // namespace bioscope::cli

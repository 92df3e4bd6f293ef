// SPDX-License-Identifier: GPL-2.0-only
// bioscope run [GLOB...]: runs scenarios and prints their verdicts.
#include <memory>

#include "harness/cli/host_options.h"
#include "harness/cli/place.h"
#include "harness/report/terminal.h"

namespace bioscope::cli {
namespace {

struct Line {
  HostOptions host{};
  std::vector<std::string> globs{};
  unsigned jobs = 1;
  unsigned trials = 1;
  std::uint64_t seed = 1;
  bool dry_run = false;
};

Result<int> execute(const Line& line, const Context& context) {
  BSC_TRY_ASSIGN(const auto manifest, manifest());
  BSC_TRY_ASSIGN(const auto scenarios, manifest.select(line.globs));
  BSC_TRY_ASSIGN(auto options, line.host.prepare(context));
  options.jobs = line.jobs;
  options.trials = line.trials;
  options.seed = line.seed;
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
  return verdict::exit_code(outcome.runs);
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
  verb->add_option("--seed", line->seed, "of the first trial; the others count up");
  verb->add_flag("--dry-run", line->dry_run, "say what would run, and run nothing");
  verb->callback(
      [=, &context, &action] { action = [line, &context] { return execute(*line, context); }; });
}

}  // namespace bioscope::cli

// SPDX-License-Identifier: GPL-2.0-only
#include "harness/cli/trial_line.h"

#include <unistd.h>

#include "harness/base/file.h"
#include "harness/cli/place.h"

namespace bioscope::cli {

void TrialLine::add_to(CLI::App& verb, unsigned trials_default, const std::string& trials_help) {
  trials = trials_default;
  verb.add_option("glob", globs, "scenarios: dm/*, meta/panic*; all but meta if none");
  verb.add_option("--trials", trials, trials_help)
      ->check(CLI::Range(1u, 100000u))
      ->capture_default_str();
  verb.add_option("--plan", plan.file, "JSON file with the faults that every trial meets");
  verb.add_option("--accel", host.accelerator, "auto | kvm | tcg")->capture_default_str();
  verb.add_option("--results", host.results, "directory of run directories");
  verb.add_option("--jobs", jobs, "compilers at a time")->check(CLI::Range(1u, 1024u));
  verb.add_option("--json", host.json, "write the result as JSON (- is standard output)");
}

Result<std::vector<run::ScenarioInfo>> TrialLine::choose() {
  BSC_TRY_ASSIGN(const auto manifest, manifest());
  BSC_TRY(plan.read());
  return plan.select(manifest, globs);
}

Result<run::Options> TrialLine::prepare(const std::string& kernel,
                                        const std::vector<run::ScenarioInfo>& scenarios,
                                        const Context& context) const {
  HostOptions here = host;
  here.kernel = kernel;
  BSC_TRY_ASSIGN(auto options, here.prepare(context));
  BSC_TRY(plan.check(scenarios, options.kernel));
  options.plan = plan.plan;
  return options;
}

Status deliver(const std::string& target, const std::string& text) {
  return target == "-" ? write_all(STDOUT_FILENO, text) : write_file(target, text);
}

}  // namespace bioscope::cli

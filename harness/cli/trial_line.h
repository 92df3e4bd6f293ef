// SPDX-License-Identifier: GPL-2.0-only
// TrialLine: what compare, series and bisect share of the command line: which scenarios, how often,
// with which faults, on which machine; and the options for runs on one kernel that follow from it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/cli/host_options.h"
#include "harness/cli/plan_line.h"

namespace bioscope::cli {

struct TrialLine {
  HostOptions host{};
  std::vector<std::string> globs{};
  PlanLine plan{};
  unsigned trials = 0;
  unsigned jobs = 0;  // compilers

  void add_to(CLI::App& verb, unsigned trials_default, const std::string& trials_help);
  // What the line selects; reads the plan.
  Result<std::vector<run::ScenarioInfo>> choose();
  // For runs of these on `kernel`, with the plan.
  Result<run::Options> prepare(const std::string& kernel,
                               const std::vector<run::ScenarioInfo>& scenarios,
                               const Context& context) const;
};

// To the file, or to standard output if it is "-".
Status deliver(const std::string& target, const std::string& text);

}  // namespace bioscope::cli

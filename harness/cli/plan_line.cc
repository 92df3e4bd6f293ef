// SPDX-License-Identifier: GPL-2.0-only
#include "harness/cli/plan_line.h"

#include <fmt/ranges.h>

#include "harness/base/file.h"
#include "harness/run/fault_check.h"

namespace bioscope::cli {

Status PlanLine::read() {
  if (file.empty()) return {};
  auto text = read_file(file);
  if (!text) {
    text.error().blame = Blame::kUsage;
    return std::unexpected(text.error());
  }
  BSC_TRY_ASSIGN(plan, within(file, plan::parse(*text)));
  return {};
}

Result<std::vector<run::ScenarioInfo>> PlanLine::select(
    const run::Manifest& manifest, const std::vector<std::string>& globs,
    const std::vector<std::string>& given) const {
  if (!plan || plan->scenario.empty()) {
    if (plan && globs.empty())
      return usage_error("{} names no scenario: name one on the command line", file);
    return manifest.select(globs, given);
  }
  BSC_TRY_ASSIGN(auto scenarios, manifest.select({plan->scenario}, given));
  if (globs.empty()) return scenarios;
  BSC_TRY_ASSIGN(const auto chosen, manifest.select(globs, given));
  if (chosen.size() != 1 || chosen.front().name != plan->scenario)
    return usage_error("{} is a plan for {}, not for {}", file, plan->scenario,
                       fmt::join(globs, " "));
  return scenarios;
}

Status PlanLine::check(const std::vector<run::ScenarioInfo>& scenarios,
                       const kernel::Kernel& kernel) const {
  for (const auto& scenario : scenarios)
    if (plan) BSC_TRY(within(file, run::check_plan(*plan, scenario.needs, kernel)));
  return {};
}

}  // namespace bioscope::cli

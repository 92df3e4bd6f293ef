// SPDX-License-Identifier: GPL-2.0-only
// PlanLine: --plan FILE and the scenarios that a line with it selects; a plan may name its scenario
// itself.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/kernel/kernel.h"
#include "harness/plan/plan.h"
#include "harness/run/manifest.h"

namespace bioscope::cli {

struct PlanLine {
  std::string file{};                // empty: no plan
  std::optional<plan::Plan> plan{};  // once it was read

  Status read();
  // By globs and plan.
  Result<std::vector<run::ScenarioInfo>> select(const run::Manifest& manifest,
                                                const std::vector<std::string>& globs,
                                                const std::vector<std::string>& given = {}) const;
  // A usage error if this kernel lacks what the plan needs.
  Status check(const std::vector<run::ScenarioInfo>& scenarios, const kernel::Kernel& kernel) const;
};

}  // namespace bioscope::cli

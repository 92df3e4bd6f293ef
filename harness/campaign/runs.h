// SPDX-License-Identifier: GPL-2.0-only
// Runs to their end or an error: what the campaigns do again and again. This folder only.
#pragma once

#include <stop_token>
#include <vector>

#include "harness/run/runner.h"

namespace bioscope::campaign {

// No scenario: no run. An interrupt is an error.
Result<std::vector<verdict::RunResult>> run_all(const std::vector<run::ScenarioInfo>& scenarios,
                                                const run::Options& options,
                                                run::Observer& observer,
                                                const std::stop_token& stop);

}  // namespace bioscope::campaign

// SPDX-License-Identifier: GPL-2.0-only
#include "harness/campaign/runs.h"

namespace bioscope::campaign {

Result<std::vector<verdict::RunResult>> run_all(const std::vector<run::ScenarioInfo>& scenarios,
                                                const run::Options& options,
                                                run::Observer& observer,
                                                const std::stop_token& stop) {
  if (scenarios.empty()) return std::vector<verdict::RunResult>();
  BSC_TRY_ASSIGN(auto outcome, run::run(scenarios, options, observer, stop));
  if (outcome.stopped) return std::unexpected(*outcome.stopped);
  if (stop.stop_requested()) return host_error("interrupted");
  return std::move(outcome.runs);
}

}  // namespace bioscope::campaign

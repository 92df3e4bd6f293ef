// SPDX-License-Identifier: GPL-2.0-only
#include "guest/agent/describe.h"

#include <nlohmann/json.hpp>

#include "bioscope/limits.h"
#include "bioscope_version.h"
#include "guest/loader/loader.h"
#include "guest/scenario/scenario.h"

namespace bioscope::agent {

Result<std::string> manifest() {
  using json = nlohmann::ordered_json;
  auto scenarios = json::array();
  for (const auto& scenario : scenario::all()) {
    const auto& says = scenario.declaration;
    scenarios.push_back({{"suite", scenario.suite},
                         {"property", scenario.property},
                         {"name", scenario.name()},
                         {"file", scenario.file},
                         {"line", scenario.line},
                         {"summary", says.summary},
                         {"needs", says.needs},
                         {"probes", says.probes},
                         {"oracles", says.oracles},
                         {"witness", says.witness},
                         {"boot", says.boot},
                         {"faults", json(nlohmann::json(says.faults))},
                         {"ring_bytes", says.ring_bytes},
                         {"budget_seconds", says.budget_seconds},
                         {"long_budget_seconds", says.long_budget_seconds},
                         {"shares_boot", says.shares_boot},
                         {"expect", says.expect},
                         {"expect_finding", says.expect_finding}});
  }
  auto probes = json::object();
  BSC_TRY_ASSIGN(const auto programs, loader::describe());
  for (const auto& program : programs)
    probes[program.probe].push_back({{"program", program.name}, {"hook", program.hook}});
  return json{
      {"abi", BSC_ABI_VERSION}, {"version", kVersion}, {"scenarios", scenarios}, {"probes", probes}}
      .dump();
}

}  // namespace bioscope::agent

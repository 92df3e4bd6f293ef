// SPDX-License-Identifier: GPL-2.0-only
// bioscope list: scenarios, oracles, witnesses and probes there are.
#include <unistd.h>
#include <memory>

#include <nlohmann/json.hpp>

#include "harness/base/file.h"
#include "harness/cli/place.h"
#include "harness/cli/verb.h"
#include "harness/oracle/oracle.h"

namespace bioscope::cli {
namespace {

nlohmann::json to_json(const run::Manifest& manifest) {
  auto scenarios = nlohmann::json::array();
  for (const auto& info : manifest.scenarios)
    scenarios.push_back({{"name", info.name},
                         {"suite", info.suite},
                         {"summary", info.summary},
                         {"needs", info.needs},
                         {"oracles", info.oracles},
                         {"probes", info.probes},
                         {"witness", info.witness},
                         {"budget_seconds", info.budget_seconds},
                         {"long_budget_seconds", info.long_budget_seconds},
                         {"shares_boot", info.shares_boot}});
  auto oracles = nlohmann::json::array();
  for (const auto& info : oracle::all_oracles())
    oracles.push_back({{"name", info.name},
                       {"letter", info.letter},
                       {"invariant", info.invariant},
                       {"proven", info.proven}});
  auto witnesses = nlohmann::json::array();
  for (const auto& info : oracle::all_witnesses())
    witnesses.push_back({{"name", info.name}, {"pattern", info.pattern}});
  auto faults = nlohmann::json::array();
  for (const auto& info : manifest.scenarios)
    for (const auto& fault : info.faults) {
      nlohmann::json site = fault;
      site["scenario"] = info.name;
      site["planned"] = fault.planned;
      faults.push_back(std::move(site));
    }
  return {{"schema", 1},
          {"scenarios", scenarios},
          {"oracles", oracles},
          {"witnesses", witnesses},
          {"faults", faults}};
}

// "20 s", and with a long form "20/120 s".
std::string budget(const run::ScenarioInfo& info) {
  if (info.long_budget_seconds == 0) return fmt::format("{} s", info.budget_seconds);
  return fmt::format("{}/{} s", info.budget_seconds, info.long_budget_seconds);
}

void print(const run::Manifest& manifest) {
  std::string suite;
  for (const auto& info : manifest.scenarios) {
    if (info.suite != suite) fmt::print("{}{}\n", suite.empty() ? "" : "\n", info.suite);
    suite = info.suite;
    fmt::print("  {:<28} {:<8} {}\n", info.name, budget(info), info.summary);
  }
  fmt::print("\nfaults\n");
  for (const auto& info : manifest.scenarios)
    for (const auto& fault : info.faults)
      fmt::print("  {:<28} {}: {} at {}{}{}\n", info.name, fault.name, fault.kind, fault.at.hook,
                 fault.until.empty() ? "" : " until " + fault.until.hook,
                 fault.planned ? "" : " (drawn by --seed)");
  fmt::print("\noracles\n");
  for (const auto& info : oracle::all_oracles())
    fmt::print("  {:<28} {}{}\n", info.name, info.invariant,
               info.proven || info.make == nullptr ? "" : " (unproven)");
  fmt::print("\nwitnesses\n");
  for (const auto& info : oracle::all_witnesses())
    fmt::print("  {:<28} {}\n", info.name, info.pattern);
  fmt::print("\nprobes\n");
  for (const auto& [group, programs] : manifest.probes) {
    std::vector<std::string> hooks;
    for (const auto& program : programs) hooks.push_back(program.hook);
    fmt::print("  {:<28} {}\n", group, fmt::join(hooks, " "));
  }
}

Result<int> execute(const std::string& json) {
  BSC_TRY_ASSIGN(const auto manifest, manifest());
  if (json.empty()) {
    print(manifest);
    return 0;
  }
  const std::string text = to_json(manifest).dump(2) + "\n";
  BSC_TRY(json == "-" ? write_all(STDOUT_FILENO, text) : write_file(json, text));
  return 0;
}

}  // namespace

void add_list(CLI::App& app, const Context&, Action& action) {
  const auto json = std::make_shared<std::string>();
  CLI::App* verb = app.add_subcommand("list", "show scenarios, oracles, witnesses and probes");
  verb->add_option("--json", *json, "write them as JSON (- is standard output)");
  verb->callback([=, &action] { action = [json] { return execute(*json); }; });
}

}  // namespace bioscope::cli

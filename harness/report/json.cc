// SPDX-License-Identifier: GPL-2.0-only
#include "harness/report/json.h"

#include <nlohmann/json.hpp>

#include <fmt/core.h>

namespace bioscope::report {
namespace {

using nlohmann::json;

json of(const verdict::Finding& finding) {
  return {{"oracle", finding.oracle},
          {"kind", finding.kind},
          {"fingerprint", finding.fingerprint},
          {"summary", finding.summary},
          {"frames", finding.frames},
          {"object", fmt::format("{:#x}", finding.object)},
          {"order", finding.order}};
}

json of(std::span<const verdict::Finding> findings) {
  json list = json::array();
  for (const auto& finding : findings) list.push_back(of(finding));
  return list;
}

json of(const verdict::TrialResult& trial) {
  json witnesses = json::object();
  for (const auto& witness : trial.witnesses) witnesses[witness.witness] = witness.count;
  json faults = json::array();
  for (const auto& fault : trial.faults)
    faults.push_back({{"name", fault.fault},
                      {"fired", fault.fired},
                      {"released", fault.released},
                      {"timed_out", fault.timed_out},
                      {"over_budget", fault.over_budget}});
  return {{"number", trial.number},
          {"attempt", trial.attempt},
          {"nth", trial.nth},
          {"seed", trial.seed},
          {"verdict", verdict::name(trial.verdict)},
          {"seconds", trial.seconds},
          {"directory", trial.directory},
          {"reasons", trial.reasons},
          {"findings", of(trial.findings)},
          {"witnesses", witnesses},
          {"faults", faults},
          {"events", trial.events},
          {"lost", trial.lost}};
}

json of(const verdict::RunResult& run) {
  json trials = json::array();
  for (const auto& trial : run.trials) trials.push_back(of(trial));
  json oracles = json::object();
  for (const auto& oracle : run.oracles()) oracles[oracle.oracle] = verdict::name(oracle.state);
  json object = {{"scenario", run.scenario}, {"verdict", verdict::name(run.verdict())},
                 {"seconds", run.seconds},   {"directory", run.directory},
                 {"trials", trials},         {"findings", of(run.findings())},
                 {"oracles", oracles},       {"events", run.events()},
                 {"lost", run.lost()},       {"replay", run.replay}};
  if (!run.expected.empty()) {
    object["expected"] = run.expected;
    object["expected_finding"] = run.expected_finding;
    object["as_expected"] = run.as_expected();
  }
  return object;
}

}  // namespace

std::string to_json(const KernelInfo& kernel, std::span<const verdict::RunResult> runs) {
  json list = json::array();
  for (const auto& run : runs) list.push_back(of(run));
  const json object = {{"schema", 1},
                       {"kernel",
                        {{"spec", kernel.spec},
                         {"release", kernel.release},
                         {"version", kernel.version},
                         {"build_id", kernel.build_id},
                         {"digest", kernel.digest}}},
                       {"runs", list}};
  return object.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace bioscope::report

// SPDX-License-Identifier: GPL-2.0-only
#include "harness/plan/plan.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace bioscope::plan {
namespace {

using nlohmann::json;

constexpr std::string_view kPreempt = "preempt=";

// Those of a trial's plan.json that a plan has no use for.
constexpr std::array<std::string_view, 15> kOfTrials{
    "number",         "attempt",        "guest",   "release", "command",
    "needs",          "probes",         "oracles", "witness", "expect",
    "expect_finding", "expects_errors", "modules", "nvdimm",  "long_form"};
constexpr std::array<std::string_view, 6> kOwn{"schema", "scenario", "kernel",
                                               "seed",   "boot",     "faults"};

Status check_members(const json& object) {
  if (!object.is_object()) return usage_error("a plan is a JSON object");
  const auto schema = object.find("schema");
  if (schema == object.end() || !schema->is_number_integer())
    return usage_error("a plan says which \"schema\" it follows; this program knows {}", kSchema);
  if (*schema != kSchema)
    return usage_error("the plan follows schema {}, and this program knows {}", schema->dump(),
                       kSchema);
  for (const auto& [member, value] : object.items())
    if (std::ranges::find(kOwn, member) == kOwn.end() &&
        std::ranges::find(kOfTrials, member) == kOfTrials.end())
      return usage_error("a plan has no member \"{}\"", member);
  return {};
}

}  // namespace

Result<Plan> parse(std::string_view text) {
  Plan plan;
  try {
    const json object = json::parse(text);
    BSC_TRY(check_members(object));
    plan.scenario = object.value("scenario", "");
    plan.kernel = object.value("kernel", "");
    if (const auto seed = object.find("seed"); seed != object.end()) {
      if (!seed->is_number_unsigned())
        return usage_error("\"seed\" is a number from 0 on, not {}", seed->dump());
      seed->get_to(plan.seed);
    }
    plan.boot = object.value("boot", plan.boot);
    if (const auto faults = object.find("faults"); faults != object.end())
      faults->get_to(plan.faults);
  } catch (const json::exception& error) {
    return usage_error("the plan is not readable: {}", error.what());
  }
  BSC_TRY(wire::check(plan.faults));
  return plan;
}

std::string to_json(const Plan& plan) {
  return json{{"schema", kSchema}, {"scenario", plan.scenario}, {"kernel", plan.kernel},
              {"seed", plan.seed}, {"boot", plan.boot},         {"faults", plan.faults}}
             .dump(2) +
         "\n";
}

std::vector<std::string> boot_arguments(std::vector<std::string> scenario, const Plan& plan) {
  for (const std::string& argument : plan.boot)
    if (std::ranges::find(scenario, argument) == scenario.end()) scenario.push_back(argument);
  // At a race point the waiter sleeps, or waits where nothing could be preempted.
  const bool waits = std::ranges::any_of(plan.faults, [](const wire::Fault& fault) {
    return fault.kind == "rendezvous" && !fault.at.hook.starts_with("point:");
  });
  const bool said = std::ranges::any_of(
      scenario, [](const std::string& argument) { return argument.starts_with(kPreempt); });
  if (waits && !said) scenario.push_back(std::string(kPreempt) + "full");
  return scenario;
}

}  // namespace bioscope::plan

// SPDX-License-Identifier: GPL-2.0-only
#include "harness/verdict/stored.h"

#include <charconv>

#include <nlohmann/json.hpp>

namespace bioscope::verdict {
namespace {

using nlohmann::json;

std::uint64_t address(const std::string& text) {
  const std::string_view digits = text.starts_with("0x") ? std::string_view(text).substr(2) : text;
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return value;
}

Result<OracleState> parse_state(const std::string& text) {
  for (const auto state : {OracleState::kSatisfied, OracleState::kViolated, OracleState::kUnjudged,
                           OracleState::kUnarmed, OracleState::kNotApplicable})
    if (name(state) == text) return state;
  return usage_error("there is no oracle state {}", text);
}

Result<TrialResult> read(const json& object) {
  TrialResult result;
  if (!parse(object.at("verdict").get<std::string>(), result.verdict))
    return usage_error("there is no verdict {}", object.at("verdict").get<std::string>());
  const json findings = object.value("findings", json::array());
  const json oracles = object.value("oracles", json::object());
  const json witnesses = object.value("witnesses", json::object());
  for (const json& finding : findings)
    result.findings.push_back({.oracle = finding.at("oracle"),
                               .kind = finding.at("kind"),
                               .fingerprint = finding.at("fingerprint"),
                               .summary = finding.at("summary"),
                               .frames = finding.value("frames", std::vector<std::string>()),
                               .object = address(finding.value("object", std::string("0x0"))),
                               .order = finding.value("order", std::uint64_t{0})});
  for (const auto& [oracle, state] : oracles.items()) {
    BSC_TRY_ASSIGN(const OracleState parsed, parse_state(state.at("state")));
    result.oracles.push_back(
        {.oracle = oracle, .state = parsed, .reason = state.value("reason", std::string())});
  }
  const json faults = object.value("faults", json::array());
  for (const json& fault : faults)
    result.faults.push_back({.fault = fault.at("name"),
                             .fired = fault.value("fired", std::uint64_t{0}),
                             .released = fault.value("released", std::uint64_t{0}),
                             .timed_out = fault.value("timed_out", std::uint64_t{0}),
                             .over_budget = fault.value("over_budget", std::uint64_t{0})});
  for (const auto& [witness, count] : witnesses.items())
    result.witnesses.push_back({.witness = witness, .count = count.get<std::uint64_t>()});
  result.reasons = object.value("reasons", std::vector<std::string>());
  result.events = object.value("events", std::uint64_t{0});
  result.lost = object.value("lost", std::uint64_t{0});
  result.seconds = object.value("seconds", 0.0);
  return result;
}

}  // namespace

std::string to_json(const TrialResult& result) {
  auto findings = json::array();
  for (const auto& finding : result.findings)
    findings.push_back({{"oracle", finding.oracle},
                        {"kind", finding.kind},
                        {"fingerprint", finding.fingerprint},
                        {"summary", finding.summary},
                        {"frames", finding.frames},
                        {"object", fmt::format("{:#x}", finding.object)},
                        {"order", finding.order}});
  auto oracles = json::object();
  for (const auto& oracle : result.oracles)
    oracles[oracle.oracle] = {{"state", name(oracle.state)}, {"reason", oracle.reason}};
  auto witnesses = json::object();
  for (const auto& witness : result.witnesses) witnesses[witness.witness] = witness.count;
  auto faults = json::array();
  for (const auto& fault : result.faults)
    faults.push_back({{"name", fault.fault},
                      {"fired", fault.fired},
                      {"released", fault.released},
                      {"timed_out", fault.timed_out},
                      {"over_budget", fault.over_budget}});
  const json object = {{"schema", 1},
                       {"verdict", name(result.verdict)},
                       {"reasons", result.reasons},
                       {"findings", findings},
                       {"oracles", oracles},
                       {"witnesses", witnesses},
                       {"faults", faults},
                       {"events", result.events},
                       {"lost", result.lost},
                       {"seconds", result.seconds}};
  return object.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<TrialResult> parse_result(std::string_view text) {
  try {
    return within("stored result", read(json::parse(text)));
  } catch (const json::exception& error) {
    return usage_error("stored result: {}", error.what());
  }
}

}  // namespace bioscope::verdict

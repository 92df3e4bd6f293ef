// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/trial.h"

#include <nlohmann/json.hpp>

namespace bioscope::evidence {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Trial, schema, scenario, number, attempt, guest,
                                                seed, long_form, kernel, release, command, needs,
                                                probes, oracles, witness, boot, faults,
                                                expects_errors, modules, nvdimm, expect,
                                                expect_finding)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Slice, first, last)

namespace {

template <class T>
Result<T> parse(std::string_view what, std::string_view json) {
  try {
    return nlohmann::json::parse(json).get<T>();
  } catch (const nlohmann::json::exception& error) {
    return usage_error("the {} is not readable: {}", what, error.what());
  }
}

}  // namespace

std::string to_json(const Trial& trial) { return nlohmann::json(trial).dump(2) + "\n"; }
std::string to_json(const Slice& slice) { return nlohmann::json(slice).dump() + "\n"; }
Result<Trial> parse_trial(std::string_view json) { return parse<Trial>("plan", json); }
Result<Slice> parse_slice(std::string_view json) { return parse<Slice>("slice", json); }

}  // namespace bioscope::evidence

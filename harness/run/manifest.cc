// SPDX-License-Identifier: GPL-2.0-only
#include "harness/run/manifest.h"

#include <fnmatch.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "harness/base/file.h"

namespace bioscope::run {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ScenarioInfo, suite, property, name, file, line,
                                                summary, needs, probes, oracles, witness, boot,
                                                faults, ring_bytes, budget_seconds,
                                                long_budget_seconds, shares_boot, expect,
                                                expect_finding)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ProgramInfo, program, hook)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Manifest, abi, version, scenarios, probes)

Result<Manifest> parse_manifest(std::string_view json) {
  try {
    return nlohmann::json::parse(json).get<Manifest>();
  } catch (const nlohmann::json::exception& error) {
    return host_error("the agent's manifest is not readable ({}): build it anew", error.what());
  }
}

Result<Manifest> read_manifest(const std::filesystem::path& path) {
  BSC_TRY_ASSIGN(const std::string json, read_file(path));
  return parse_manifest(json);
}

Result<std::vector<ScenarioInfo>> Manifest::select(const std::vector<std::string>& globs) const {
  std::vector<ScenarioInfo> chosen;
  if (globs.empty()) {
    std::ranges::copy_if(scenarios, std::back_inserter(chosen),
                         [](const ScenarioInfo& info) { return info.suite != "meta"; });
    return chosen;
  }
  for (const std::string& glob : globs) {
    bool matched = false;
    for (const ScenarioInfo& info : scenarios) {
      if (::fnmatch(glob.c_str(), info.name.c_str(), 0) != 0) continue;
      matched = true;
      if (std::ranges::find(chosen, info.name, &ScenarioInfo::name) == chosen.end())
        chosen.push_back(info);
    }
    if (!matched)
      return usage_error("no scenario matches {}; `bioscope list` shows them all", glob);
  }
  return chosen;
}

}  // namespace bioscope::run

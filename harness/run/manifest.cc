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

std::optional<std::string> ScenarioInfo::needed_option() const {
  for (const std::string& need : needs)
    if (need.starts_with(kOptionNeed)) return need.substr(kOptionNeed.size());
  return std::nullopt;
}

Result<std::vector<ScenarioInfo>> Manifest::select(const std::vector<std::string>& globs,
                                                   const std::vector<std::string>& given) const {
  const auto lacks = [&](const ScenarioInfo& info) {
    const auto option = info.needed_option();
    return option && std::ranges::find(given, *option) == given.end();
  };
  std::vector<ScenarioInfo> chosen;
  if (globs.empty()) {
    std::ranges::copy_if(scenarios, std::back_inserter(chosen), [&](const ScenarioInfo& info) {
      return info.suite != "meta" && !lacks(info);
    });
    return chosen;
  }
  for (const std::string& glob : globs) {
    bool matched = false;
    const ScenarioInfo* passed_over = nullptr;
    for (const ScenarioInfo& info : scenarios) {
      if (::fnmatch(glob.c_str(), info.name.c_str(), 0) != 0) continue;
      if (lacks(info)) {
        passed_over = &info;
        continue;
      }
      matched = true;
      if (std::ranges::find(chosen, info.name, &ScenarioInfo::name) == chosen.end())
        chosen.push_back(info);
    }
    if (!matched && passed_over != nullptr)
      return usage_error("{} needs --{}; `bioscope run --help` tells of it", passed_over->name,
                         *passed_over->needed_option());
    if (!matched)
      return usage_error("no scenario matches {}; `bioscope list` shows them all", glob);
  }
  return chosen;
}

}  // namespace bioscope::run

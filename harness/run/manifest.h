// SPDX-License-Identifier: GPL-2.0-only
// Manifest: what the agent says of itself at build time (`bioscope-agent --describe`): scenarios
// with their needs, and the hooks of every probe group. The only thing the host knows of suites.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "guest/wire/fault.h"
#include "harness/base/result.h"

namespace bioscope::run {

inline constexpr std::string_view kOptionNeed = "option:";

struct ScenarioInfo {
  std::string suite{};
  std::string property{};
  std::string name{};  // suite/property
  std::string file{};
  int line = 0;
  std::string summary{};
  std::vector<std::string> needs{};
  std::vector<std::string> probes{};
  std::vector<std::string> oracles{};
  std::vector<std::string> witness{};
  std::vector<std::string> boot{};
  std::vector<wire::Fault> faults{};
  std::uint32_t ring_bytes = 0;
  std::uint32_t budget_seconds = 20;
  std::uint32_t long_budget_seconds = 0;  // 0: there is no long form
  bool shares_boot = false;               // its trials may follow each other in one guest
  std::string expect{};
  std::string expect_finding{};

  // The option of the command line that it cannot do without, if there is one.
  std::optional<std::string> needed_option() const;
};

struct ProgramInfo {
  std::string program{};
  std::string hook{};  // "fentry:bio_endio"
};

struct Manifest {
  std::uint32_t abi = 0;
  std::string version{};
  std::vector<ScenarioInfo> scenarios{};
  std::map<std::string, std::vector<ProgramInfo>> probes{};  // by group

  // Scenarios whose name matches one of the globs ("dm/*", "dm/linear*"); a glob without a match
  // is a usage error that says how to list what there is. No glob: all but the suite "meta".
  // What needs an option of the command line (need option:NAME) that is not among `given` is
  // passed over, and a usage error if nothing else matches.
  Result<std::vector<ScenarioInfo>> select(const std::vector<std::string>& globs,
                                           const std::vector<std::string>& given = {}) const;
};

Result<Manifest> parse_manifest(std::string_view json);
Result<Manifest> read_manifest(const std::filesystem::path& path);

}  // namespace bioscope::run

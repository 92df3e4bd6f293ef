// SPDX-License-Identifier: GPL-2.0-only
// Needs: what a declaration asks of a guest, parsed, and the part of it that only the guest can
// judge (cpus, memory, nvdimm, disk) held against what this guest has. Modules, tools, config
// symbols and options are the host's to judge. The registry and the agent call this.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::scenario {

struct Need {
  enum class Kind { kModule, kTool, kConfig, kOption, kCpus, kMemory, kNvdimm, kDisk };
  Kind kind{};
  std::string name{};        // of a module, tool, symbol or option
  std::uint64_t amount = 0;  // CPUs, or MiB
};

// "KIND:VALUE" as in Declaration::needs. The error names the need and the way out.
Result<Need> parse_need(std::string_view text);

// What a guest offers. Sizes in MiB.
struct Facts {
  unsigned cpus = 0;
  std::uint64_t memory = 0;
  std::vector<std::uint64_t> nvdimms{};
  std::vector<std::uint64_t> disks{};
};

// From `root`/proc and `root`/sys.
Facts gather_facts(const std::string& root = "");

// One sentence for each need that the facts do not meet. Each "nvdimm:" and each "disk:" need
// takes a device of its own.
std::vector<std::string> unmet_needs(const std::vector<Need>& needs, const Facts& facts);

// All of the above for this guest; waits for disks and NVDIMMs that are still being scanned.
std::vector<std::string> unmet_needs(const std::vector<std::string>& needs);

}  // namespace bioscope::scenario

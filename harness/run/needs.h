// SPDX-License-Identifier: GPL-2.0-only
// Needs: what a scenario's declaration asks for, as a machine's parts, an image's content and
// checks of the kernel. What only the guest can know is left to the guest.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/kernel/kernel.h"

namespace bioscope::run {

struct Needs {
  unsigned cpus = 2;
  unsigned memory_mib = 512;
  std::vector<std::uint64_t> nvdimm_mib{};
  std::vector<std::uint64_t> disk_mib{};
  std::vector<std::string> modules{};  // in the order of the declaration
  std::vector<std::string> tools{};
  std::vector<std::string> config{};
  std::vector<std::string> options{};  // of the command line, without dashes
};

// An error names the need that is none ("modul:brd").
Result<Needs> parse_needs(const std::vector<std::string>& needs);

// Modules that the needs bring along: for NVDIMMs and disks.
std::vector<std::string> modules_to_load(const Needs& needs);

// Needs that this kernel cannot meet: "module:nd_btt (not in .../6.1.0)", "config:KASAN".
Result<std::vector<std::string>> unmet(const Needs& needs, const kernel::Kernel& kernel);

}  // namespace bioscope::run

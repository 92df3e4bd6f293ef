// SPDX-License-Identifier: GPL-2.0-only
// The result of run and judge as JSON, a contract for scripts (docs/json.md): it may grow, nothing
// in it is renamed.
#pragma once

#include <span>
#include <string>

#include "harness/verdict/verdict.h"

namespace bioscope::report {

struct KernelInfo {
  std::string spec{};
  std::string release{};
  std::string version{};
  std::string build_id{};
  std::string digest{};
};

std::string to_json(const KernelInfo& kernel, std::span<const verdict::RunResult> runs);

}  // namespace bioscope::report

// SPDX-License-Identifier: GPL-2.0-only
// Plan: which faults one trial of a scenario meets, on which kernel, with which seed. A small JSON
// file that people edit; trials/T/plan.json of a run is one too. Pure: files are read by callers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "guest/wire/fault.h"
#include "harness/base/result.h"

namespace bioscope::plan {

inline constexpr int kSchema = 1;

struct Plan {
  std::string scenario{};
  std::string kernel{};  // digest of what it was made for; empty: for any
  std::uint64_t seed = 1;
  std::vector<std::string> boot{};  // arguments of the kernel: "preempt=full"
  std::vector<wire::Fault> faults{};
};

// A usage error names the member or fault and what is wrong with it.
Result<Plan> parse(std::string_view json);
std::string to_json(const Plan& plan);

// The arguments of a scenario and of a plan for it, each once. A rendezvous at a function boots a
// kernel that preempts itself, unless one of both says how it does: its partner may need the
// waiter's CPU.
std::vector<std::string> boot_arguments(std::vector<std::string> scenario, const Plan& plan);

}  // namespace bioscope::plan

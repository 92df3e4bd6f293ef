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
  std::vector<wire::Fault> faults{};
};

// A usage error names the member or fault and what is wrong with it.
Result<Plan> parse(std::string_view json);
std::string to_json(const Plan& plan);

// What it needs of the boot: a rendezvous needs a kernel that preempts itself, or the partner may
// never get the CPU that it shares with the waiter.
std::vector<std::string> boot_arguments(const std::vector<wire::Fault>& faults,
                                        const std::vector<std::string>& already);

}  // namespace bioscope::plan

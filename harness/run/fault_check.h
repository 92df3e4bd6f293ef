// SPDX-License-Identifier: GPL-2.0-only
// FaultCheck: a plan held against the kernel that it is for, before anything boots. What only the
// guest can know is left to the guest.
#pragma once

#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/kernel/kernel.h"
#include "harness/plan/plan.h"

namespace bioscope::run {

// A usage error names the fault, the site that the kernel lacks, and the way out. `needs` are those
// of the scenario: functions of modules that are not loaded cannot be hooked.
Status check_plan(const plan::Plan& plan, const std::vector<std::string>& needs,
                  const kernel::Kernel& kernel);

}  // namespace bioscope::run

// SPDX-License-Identifier: GPL-2.0-only
// The result as KTAP version 1: a test per scenario, its oracles and witnesses as subtests. Only a
// violated oracle fails plainly; what could not be judged is "not ok ... # ERROR".
#pragma once

#include <span>
#include <string>

#include "harness/verdict/verdict.h"

namespace bioscope::report {

std::string to_ktap(std::span<const verdict::RunResult> runs);

}  // namespace bioscope::report

// SPDX-License-Identifier: GPL-2.0-only
// The result as JUnit XML: a suite per scenario, a test case per trial. FAIL is a failure, INFRA
// and INCONCLUSIVE are errors, SKIP is skipped; an attempt that was run again after INFRA is a
// flakyError or rerunError of its trial. Texts are escaped and capped in size.
#pragma once

#include <span>
#include <string>

#include "harness/report/json.h"
#include "harness/verdict/verdict.h"

namespace bioscope::report {

std::string to_junit(const KernelInfo& kernel, std::span<const verdict::RunResult> runs);

}  // namespace bioscope::report

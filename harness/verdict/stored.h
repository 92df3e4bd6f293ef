// SPDX-License-Identifier: GPL-2.0-only
// Stored results: what one trial came to, as trials/T/findings.json holds it. The file is a part of
// the run directory's contract: it may grow, nothing in it is renamed.
#pragma once

#include <string>
#include <string_view>

#include "harness/base/result.h"
#include "harness/verdict/verdict.h"

namespace bioscope::verdict {

std::string to_json(const TrialResult& result);

// A usage error for text that is no stored result. What it does not hold stays as it is made.
Result<TrialResult> parse_result(std::string_view json);

}  // namespace bioscope::verdict

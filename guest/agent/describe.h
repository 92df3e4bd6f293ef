// SPDX-License-Identifier: GPL-2.0-only
// Describe: the manifest of what is linked into this agent, the only thing that the host reads of
// scenarios and probes before a boot.
#pragma once

#include <string>

#include "harness/base/result.h"

namespace bioscope::agent {

// JSON, one line.
Result<std::string> manifest();

}  // namespace bioscope::agent

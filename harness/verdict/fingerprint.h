// SPDX-License-Identifier: GPL-2.0-only
// Fingerprints of findings: equal for equal bugs on other addresses, CPUs, runs and builds. Made
// of oracle, kind and the first five functions of the proving stack, or of the text without
// numbers where there is no stack.
#pragma once

#include <string>

#include "harness/verdict/verdict.h"

namespace bioscope::verdict {

std::string fingerprint(const Finding& finding);

}  // namespace bioscope::verdict

// SPDX-License-Identifier: GPL-2.0-only
// Faults in words, for reports that are read without docs/faults.md at hand.
#pragma once

#include <string>

#include "guest/wire/fault.h"

namespace bioscope::plan {

// "part: holds the 2nd call of clone_endio up for 500 us, of task bsc/* on device dm-0"
std::string in_words(const wire::Fault& fault);

}  // namespace bioscope::plan

// SPDX-License-Identifier: GPL-2.0-only
// The disk that a block driver of the user's brought (`run --device-module`). Needs
// "option:device-module".
#pragma once

#include "guest/scenario/disk.h"

namespace bioscope::scenario {

// The first of them, by name with numbers in order, if the driver brought several; a step in the
// record says which. An error if it has fewer sectors.
Result<BlockDevice> own_disk(Workload& workload, std::uint64_t sectors);

}  // namespace bioscope::scenario

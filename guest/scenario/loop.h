// SPDX-License-Identifier: GPL-2.0-only
// Loop disks: /dev/loopN on a file in the guest's memory, made for one scenario and detached in its
// cleanup. They complete from the loop driver's own worker. Needs "module:loop".
#pragma once

#include "guest/scenario/disk.h"

namespace bioscope::scenario {

Result<BlockDevice> loop_disk(Workload& workload, std::uint64_t mib);

}  // namespace bioscope::scenario

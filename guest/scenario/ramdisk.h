// SPDX-License-Identifier: GPL-2.0-only
// Ramdisks: brd's /dev/ramN. They outlive a scenario with what it wrote, and their pages are
// allocated when first written. Needs "module:brd".
#pragma once

#include <string_view>

#include "guest/scenario/disk.h"

namespace bioscope::scenario {

// The ramdisk of that number. `parameters` go to brd if this call loads it: "rd_nr=2
// rd_size=65536" (KiB); without them the kernel's own size counts (16 MiB on Debian).
Result<BlockDevice> ramdisk(Workload& workload, unsigned number, std::string_view parameters = "");

}  // namespace bioscope::scenario

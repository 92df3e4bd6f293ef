// SPDX-License-Identifier: GPL-2.0-only
// A disk as swap for one scenario.
#pragma once

#include "guest/scenario/disk.h"

namespace bioscope_suite_ramdisk {

// Writes the header that mkswap writes, for `pages` pages, and turns swap on until the cleanup.
bioscope::Status swap_on(bioscope::scenario::Workload& w,
                         const bioscope::scenario::BlockDevice& disk, std::uint32_t pages);

}  // namespace bioscope_suite_ramdisk

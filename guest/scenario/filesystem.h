// SPDX-License-Identifier: GPL-2.0-only
// File systems on a disk: made by the tools of their packages ("tool:mkfs.ext4") and mounted for
// one scenario, unmounted in its cleanup.
#pragma once

#include <string>
#include <vector>

#include "guest/scenario/disk.h"

namespace bioscope::scenario {

// Runs a program that the image holds; an error if it does not end with 0.
Status run_tool(const std::vector<std::string>& command);

// The directory where it is mounted.
Result<std::string> mount_disk(Workload& workload, const BlockDevice& disk,
                               const std::string& type);

// syncfs.
Status sync_file_system(const std::string& directory);

// The first extent of a file or a directory on its disk, after it has reached it (FS_IOC_FIEMAP).
Result<Extent> extent_of(const std::string& path);

}  // namespace bioscope::scenario

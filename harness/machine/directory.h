// SPDX-License-Identifier: GPL-2.0-only
// The entries of a directory, taken at once: directories here change while they are read.
#pragma once

#include <filesystem>
#include <vector>

namespace bioscope::machine {

// Full paths; empty if there is no such directory.
std::vector<std::filesystem::path> entries_of(const std::filesystem::path& directory);

}  // namespace bioscope::machine

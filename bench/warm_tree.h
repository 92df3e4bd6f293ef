// SPDX-License-Identifier: GPL-2.0-only
// The tree of the cache in which kernels of debian:6.1 are built, for peers that build in a copy.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "bench/measure.h"

namespace bioscope::bench {

std::filesystem::path cache();

// Builds the base, if it has to be: where there is none, this is a whole kernel.
Result<std::filesystem::path> warm_place(const Bench& bench);

// A plain make with ccache in a copy of `place`/tree.
Status copy_warm_tree(const std::filesystem::path& place, const std::filesystem::path& to);
std::map<std::string, std::string> make_environment(const std::filesystem::path& place);
Status plain_make(const std::filesystem::path& place, const std::filesystem::path& tree);

}  // namespace bioscope::bench

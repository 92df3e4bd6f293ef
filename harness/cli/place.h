// SPDX-License-Identifier: GPL-2.0-only
// Places: where the program finds its own parts, in a build tree or installed, and where it keeps
// things. Every verb asks here.
#pragma once

#include <filesystem>
#include <string>

#include "harness/base/result.h"
#include "harness/run/manifest.h"
#include "harness/verdict/support.h"

namespace bioscope::cli {

Result<std::filesystem::path> program();  // this one
Result<std::filesystem::path> agent();
Result<run::Manifest> manifest();
Result<verdict::Support> support();
Result<std::filesystem::path> mutants();  // directory of kernels with planted bugs
std::filesystem::path cache();            // $XDG_CACHE_HOME/bioscope, else ~/.cache/bioscope
// Keeps `bioscope cache trim` away until this program ends.
Status hold_cache();
// results/runs in the source tree that was built, else in the current directory.
std::filesystem::path default_results();

}  // namespace bioscope::cli

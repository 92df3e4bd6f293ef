// SPDX-License-Identifier: GPL-2.0-only
// Suspicion: which patches of a series a finding points at, by the calls that led to it. It decides
// what a search tries first, and proves nothing. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "harness/series/series.h"

namespace bioscope::campaign {

struct Suspicion {
  // Of each patch: most where it changes a function of these calls, less where it changes another
  // of their file, less elsewhere, least where it changes no code.
  std::vector<double> weights{};
  // Files that calls lie in and patches change.
  std::vector<std::string> files{};
};

// `frames` as kernel::SourceLines decodes them: "clone_endio+0x1c [dm_mod] (drivers/md/dm.c:123)".
// One without a place points at no patch.
Suspicion suspicion(std::span<const series::Patch> patches, std::span<const std::string> frames);

}  // namespace bioscope::campaign

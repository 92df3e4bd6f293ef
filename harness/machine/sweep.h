// SPDX-License-Identifier: GPL-2.0-only
// Sweep: ends what runners that died have left behind and removes their roots. A root whose lock
// is held belongs to a live runner and is left alone, whatever is in it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::machine {

struct Swept {
  std::vector<std::filesystem::path> roots{};  // removed
  std::vector<int> processes{};                // ended: their arguments named such a root
};

Result<Swept> sweep();  // roots_directory()
Result<Swept> sweep(const std::filesystem::path& parent);

}  // namespace bioscope::machine

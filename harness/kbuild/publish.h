// SPDX-License-Identifier: GPL-2.0-only
// Publishing: from a finished make to a kernel of the register. Nobody sees half of one. This
// folder only.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/kernel/kernel.h"
#include "harness/series/series.h"

namespace bioscope::kbuild {

struct Product {
  std::filesystem::path out{};  // where make left its objects
  std::string key{};
  kernel::Origin origin{};
  std::vector<series::Patch> patches{};
};

// vmlinux and modules without DWARF for guests, with it (as links) for debuggers, configuration,
// patches.
Result<kernel::Kernel> publish(const Product& product, const std::filesystem::path& cache);

}  // namespace bioscope::kbuild

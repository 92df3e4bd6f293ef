// SPDX-License-Identifier: GPL-2.0-only
// Applies a series as `git am` would, without fuzz, to copies of the files that it touches. This
// folder only.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/kbuild/tree.h"
#include "harness/series/series.h"

namespace bioscope::kbuild {

using Original = std::function<Result<std::optional<FileContent>>(const std::string& path)>;

// Works in `scratch`, which is emptied first. A patch that does not apply is a usage error that
// names patch, file and hunk.
Result<Overlay> apply(const std::vector<series::Patch>& patches, const Original& original,
                      const std::filesystem::path& scratch);

}  // namespace bioscope::kbuild

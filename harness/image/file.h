// SPDX-License-Identifier: GPL-2.0-only
// Files: what the user brings into the guest (exec --file), with what it takes to run: the host's
// libraries of a dynamic program, the interpreter of a script. For this folder alone.
#pragma once

#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/image/archive.h"
#include "harness/image/image.h"

namespace bioscope::image {

// Adds the entries. Appends to `tools` what they need of those.
Status add_files(Archive& archive, const std::vector<Entry>& entries,
                 std::vector<std::string>& tools);

}  // namespace bioscope::image

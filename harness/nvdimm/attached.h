// SPDX-License-Identifier: GPL-2.0-only
// What a kernel that attaches a table and writes nothing to it should leave: the map with the
// entries that the log mends, and each lane's free block.
#pragma once

#include <string>
#include <vector>

#include "harness/nvdimm/btt_check.h"

namespace bioscope::nvdimm {

// What is otherwise in the table that was left than the one that was found foretells, a sentence
// each, at most kMostFound. A usage error if the found one is no sound table.
Result<std::vector<std::string>> differs_from_foreseen(const Bytes& found, const Bytes& left);

}  // namespace bioscope::nvdimm

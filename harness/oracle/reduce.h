// SPDX-License-Identifier: GPL-2.0-only
// Reducing a record to what one finding cannot do without, by trying: for findings that rest on
// more than their object and what appears beside it (cut.h), say on what other bios wrote before.
// Slower, and what is kept has less around it. Pure.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "harness/oracle/oracle.h"

namespace bioscope::oracle {

using Records = std::span<const bsc_record* const>;

// The life of a bio stays or goes as a whole, and so does each record that names none. `holds` says
// whether the finding is still there; nothing is kept if it is not there with all of them.
std::vector<const bsc_record*> reduce(Records records, std::uint64_t until,
                                      const std::function<bool(Records)>& holds);

}  // namespace bioscope::oracle

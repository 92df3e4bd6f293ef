// SPDX-License-Identifier: GPL-2.0-only
// Bad ranges of an NVDIMM: places that cannot be read any more. The kernel is told of a machine
// check there, by its own injector and in software alone; nfit puts the range on its bus's list,
// and the drivers on it refuse it from then on. What is stored there does not change, and nothing
// can clear it: an emulated NVDIMM takes no such command. Needs "module:mce_inject".
#pragma once

#include "guest/scenario/scenario.h"

namespace bioscope::scenario {

// One sector of 512 bytes, `offset` in the namespace of a region. Returns when the region knows.
Status make_sector_bad(Workload& workload, unsigned region, std::uint64_t offset);

}  // namespace bioscope::scenario

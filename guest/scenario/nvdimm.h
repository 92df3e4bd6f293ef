// SPDX-License-Identifier: GPL-2.0-only
// Pmem disks: an emulated NVDIMM's namespace in raw mode, /dev/pmemN. Without a label area the
// kernel makes it by itself; in an empty label area this makes one, which stays on the NVDIMM.
// Needs "nvdimm:MIB", "module:nfit" and "module:nd_pmem".
#pragma once

#include "guest/scenario/disk.h"

namespace bioscope::scenario {

// The disk of an NVDIMM region, after its asynchronous scan.
Result<BlockDevice> pmem_disk(Workload& workload, unsigned region = 0);

}  // namespace bioscope::scenario

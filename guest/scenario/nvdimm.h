// SPDX-License-Identifier: GPL-2.0-only
// Pmem disks: an emulated NVDIMM's namespace in raw mode, /dev/pmemN. Without a label area the
// kernel makes it by itself; in an empty label area this makes one, which stays on the NVDIMM.
// Needs "nvdimm:MIB", "module:nfit" and "module:nd_pmem".
#pragma once

#include "guest/scenario/disk.h"

namespace bioscope::scenario {

// After its asynchronous scan, a region has a namespace of its whole size; as it was left, if it
// had one. Whether it was made just now, and so has no driver; else its mode is not looked at.
Result<bool> make_namespace(Workload& workload, unsigned region);

// The host keeps what an NVDIMM holds as a file of the run, "base" or "last": the two between which
// crash images are made (`bioscope nvdimm crash`). Nobody may write to it meanwhile.
Status keep_nvdimm(Workload& workload, unsigned nvdimm, std::string_view name);

// The disk of an NVDIMM region, after its asynchronous scan.
Result<BlockDevice> pmem_disk(Workload& workload, unsigned region = 0);

}  // namespace bioscope::scenario

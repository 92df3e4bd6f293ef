// SPDX-License-Identifier: GPL-2.0-only
// Flush with data: a snapshot commits each new exception with one bio that asks for a flush and
// carries data. With a linear device as its exception store, dm itself must send the flush on its
// own first and then the same bio again for its data.
#pragma once

#include "guest/scenario/disk.h"

namespace bioscope_suite_dm {

// `cached` is a disk with a volatile write cache; without one the block layer drops the flush.
void commit_exceptions(bioscope::scenario::Workload& w,
                       const bioscope::scenario::BlockDevice& cached);

}  // namespace bioscope_suite_dm

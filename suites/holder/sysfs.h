// SPDX-License-Identifier: GPL-2.0-only
// What sysfs shows of holders, put into the record for the oracle sysfs_shows_holders to compare:
// slaves/ of every disk, holders/ of every disk and partition. The caller keeps things still.
#pragma once

#include "guest/scenario/scenario.h"

namespace bioscope_suite_holder {

void look_at_sysfs(bioscope::scenario::Workload& w);

}  // namespace bioscope_suite_holder

// SPDX-License-Identifier: GPL-2.0-only
// bind_again: the disk of scsi_debug is taken from its driver and bound again, round after round,
// each time after I/O of a group on it. `held_for`: how long somebody keeps the old disk open.
#pragma once

#include <chrono>

#include "guest/scenario/scenario.h"

namespace bioscope_suite_dm_cgroup {

void bind_again(bioscope::scenario::Workload& w, std::chrono::milliseconds held_for);

}  // namespace bioscope_suite_dm_cgroup

// SPDX-License-Identifier: GPL-2.0-only
// The end of a group whose requests still wait on their way down.
#pragma once

#include "suites/dm_cgroup/groups.h"

namespace bioscope_suite_dm_cgroup {

struct Waiting {
  unsigned depth = 16;       // requests, one read to three writes
  std::size_t bytes = 4096;  // of each
};

// Sends the requests from inside the group, to places of `disk` that no other round touches,
// removes the group and waits for what they say.
void remove_under_requests(bioscope::scenario::Workload& w,
                           const bioscope::scenario::BlockDevice& disk,
                           bioscope::scenario::Cgroup& group, unsigned round,
                           const Waiting& waiting);

}  // namespace bioscope_suite_dm_cgroup

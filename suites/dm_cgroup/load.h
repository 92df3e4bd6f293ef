// SPDX-License-Identifier: GPL-2.0-only
// Load: checked I/O of the whole process on a disk, from every vCPU, and what it has to cost.
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "guest/scenario/stream.h"
#include "suites/dm_cgroup/groups.h"

namespace bioscope_suite_dm_cgroup {

struct LoadOptions {
  std::uint32_t block = 4096;  // bytes
  unsigned blocks = 48;        // of each vCPU's share
  unsigned requests = 64;      // random ones, after the first write of every block; then a flush
                               // and some durable writes
};

// Bytes that went to and came from the disk.
Charged load(bioscope::scenario::Workload& w, const bioscope::scenario::BlockDevice& disk,
             const LoadOptions& options = {});

// The same from inside a group; then `disks`, each of which all writes went to, have charged the
// group for them, and together for the reads.
void expect_charged(bioscope::scenario::Workload& w, const bioscope::scenario::BlockDevice& disk,
                    const std::vector<bioscope::scenario::BlockDevice>& disks,
                    const LoadOptions& options = {});

// Small batches from every vCPU, while a thread of its own calls change(0), change(1) and so on
// until all is done; between two of them a batch ends.
void load_under_change(bioscope::scenario::Workload& w, const bioscope::scenario::BlockDevice& disk,
                       unsigned batches, const std::function<void(unsigned round)>& change);

}  // namespace bioscope_suite_dm_cgroup

// SPDX-License-Identifier: GPL-2.0-only
// Null disks of null_blk with memory behind them, made by configfs for one scenario as /dev/NAME
// and taken away in its cleanup. They complete as told, and each has a queue that is polled. Needs
// "module:null_blk".
#pragma once

#include "guest/scenario/disk.h"

namespace bioscope::scenario {

struct NullBlockOptions {
  enum class Completion { kAtOnce, kSoftirq, kTimer };
  std::uint64_t mib = 16;
  Completion completion = Completion::kAtOnce;
  std::uint64_t nanoseconds = 10'000;  // until the timer fires
  bool discard = false;                // takes BLKDISCARD, and forgets what it is given
  bool cache = false;                  // volatile: takes flushes, and FUA past it
};

Result<BlockDevice> null_block(Workload& workload, std::string_view name,
                               const NullBlockOptions& options = {});

}  // namespace bioscope::scenario

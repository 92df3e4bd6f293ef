// SPDX-License-Identifier: GPL-2.0-only
// Traffic: checked I/O on a mapped device from every vCPU at once, each on its own share of the
// disk. Faults are claims about the kernel and become test failures here.
#pragma once

#include "guest/scenario/dm.h"
#include "guest/scenario/stream.h"

namespace bioscope_suite_dm {

struct Traffic {
  std::uint32_t block = 4096;  // bytes
  unsigned blocks = 128;       // of each vCPU's share, from its start
  unsigned depth = 8;
  unsigned requests = 256;  // random reads and writes, between the first write of every block
                            // and the read-back of all
};

void check(const bioscope::scenario::Stream& stream);

// A stream of this vCPU alone.
bioscope::scenario::Stream open_stream(bioscope::scenario::Workload& w,
                                       const bioscope::scenario::BlockDevice& disk, unsigned cpu,
                                       const Traffic& traffic);

void on_every_cpu(bioscope::scenario::Workload& w, const bioscope::scenario::BlockDevice& disk,
                  const Traffic& traffic = {});

// Two disks hold the same there.
void expect_equal(const bioscope::scenario::BlockDevice& one,
                  const bioscope::scenario::BlockDevice& other,
                  const bioscope::scenario::Extent& extent);

}  // namespace bioscope_suite_dm

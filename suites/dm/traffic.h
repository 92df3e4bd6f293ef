// SPDX-License-Identifier: GPL-2.0-only
// Traffic: checked I/O on a mapped device from every vCPU at once, each on its own share of the
// disk. Faults are claims about the kernel and become test failures here.
#pragma once

#include <chrono>
#include <functional>

#include "guest/scenario/dm.h"
#include "guest/scenario/stream.h"

namespace bioscope_suite_dm {

struct Traffic {
  std::uint32_t block = 4096;  // bytes
  unsigned blocks = 128;       // of each vCPU's share, from its start
  unsigned depth = 8;
  unsigned requests = 256;  // random reads and writes, between the first write of every block
                            // and the read-back of all; some durable ones after them
};

void check(const bioscope::scenario::Stream& stream);

// A stream of this vCPU alone.
bioscope::scenario::Stream open_stream(bioscope::scenario::Workload& w,
                                       const bioscope::scenario::BlockDevice& disk, unsigned cpu,
                                       const Traffic& traffic);

// Random writes that have to be on the medium when they are done, with a flush before and after. A
// disk without a volatile cache takes them as any others.
void make_durable(bioscope::scenario::Stream& stream, unsigned requests);

void on_every_cpu(bioscope::scenario::Workload& w, const bioscope::scenario::BlockDevice& disk,
                  const Traffic& traffic = {});

// The name of the thread that changes, for the filters of faults.
#define BSC_CHANGER "bsc/changer"

// The same in `batches` batches of each vCPU, while a thread of its own calls change(0), change(1)
// and so on until the first vCPU is done: each time at least `batches_between` batches of all
// vCPUs after the last one. change() is false when it failed, and is not called again. On a host
// that lets the changer wait, up to four times as many batches make time for `changes` changes.
struct Batches {
  unsigned batches = 24;
  unsigned changes = 4;
  unsigned requests = 50;
  unsigned batches_between = 4;
};
void change_under_traffic(bioscope::scenario::Workload& w,
                          const bioscope::scenario::BlockDevice& disk, const Batches& batches,
                          const std::function<bool(unsigned round)>& change);

// Long enough for every vCPU to run into a suspended device, on a host that has time for it.
inline constexpr std::chrono::milliseconds kSuspendedFor{5};

// A snapshot holds there what its origin did when no write to that was newer than `newest`.
void expect_older(const bioscope::scenario::BlockDevice& snapshot,
                  const bioscope::scenario::BlockDevice& origin,
                  const bioscope::scenario::Extent& extent, std::uint64_t newest);

// Two disks hold the same there.
void expect_equal(const bioscope::scenario::BlockDevice& one,
                  const bioscope::scenario::BlockDevice& other,
                  const bioscope::scenario::Extent& extent);

}  // namespace bioscope_suite_dm

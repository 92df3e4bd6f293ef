// SPDX-License-Identifier: GPL-2.0-only
#include "suites/dm_cgroup/removed_group.h"

#include <gtest/gtest.h>

#include "guest/scenario/buffer.h"
#include "guest/scenario/io_queue.h"

namespace bioscope_suite_dm_cgroup {

using namespace bioscope::scenario;

void remove_under_requests(Workload& w, const BlockDevice& disk, Cgroup& group, unsigned round,
                           const Waiting& waiting) {
  const auto fd = BSC_SETUP(open_disk(disk));
  const auto buffer = BSC_SETUP(Buffer::allocate(waiting.depth * waiting.bytes));
  const auto queue = BSC_SETUP(open_aio_queue(waiting.depth));
  {
    const Inside inside(group);
    for (unsigned slot = 0; slot < waiting.depth; ++slot)
      BSC_SETUP(
          queue->submit({.kind = slot % 4 == 0 ? IoRequest::Kind::kRead : IoRequest::Kind::kWrite,
                         .fd = fd.get(),
                         .offset = (std::uint64_t{round} * waiting.depth + slot) * waiting.bytes,
                         .buffer = buffer.part(slot * waiting.bytes, waiting.bytes),
                         .cookie = slot}));
  }
  const auto removed = group.remove();
  ASSERT_TRUE(removed) << removed.error().text();
  while (queue->in_flight() != 0)
    for (const IoCompletion& done : BSC_SETUP(queue->reap()))
      EXPECT_EQ(done.result, static_cast<std::int64_t>(waiting.bytes)) << "request " << done.cookie;
  w.host().progress();
}

}  // namespace bioscope_suite_dm_cgroup

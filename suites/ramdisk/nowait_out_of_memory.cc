// SPDX-License-Identifier: GPL-2.0-only
// Writes that must not wait, to pages that a ramdisk does not have yet, while one allocation after
// the other fails: EAGAIN, once, and who tries again may wait.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/uio.h>

#include "guest/fault/fail_nth.h"
#include "guest/scenario/ramdisk.h"
#include "guest/scenario/sector.h"

using namespace bioscope::scenario;
using bioscope::fault::walk_fail_nth;

BSC_SCENARIO(ramdisk, nowait_out_of_memory,
             .summary = "a write that would have to wait for memory is sent back, once",
             .needs = {"module:brd", "config:FAILSLAB", "config:FAIL_PAGE_ALLOC"},
             .probes = {"brd", "bio", "completion"},
             .oracles = {"completes_once", "bio_lifetime", "bio_completes", "ramdisk_pages_add_up"},
             .witness = {"store_failed", "bio_failed"}, .budget_seconds = 40) {
  constexpr std::size_t kBytes = 8192;
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  const auto fd = BSC_SETUP(open_disk(disk));
  const auto buffer = BSC_SETUP(Buffer::allocate(kBytes));
  off_t at = 4 * kSectorBytes;  // half a page off, so that each needs three
  const auto write = [&](int flags) {
    const iovec part{buffer.all().data(), kBytes};
    return ::pwritev2(fd.get(), &part, 1, at, flags);
  };
  unsigned sent_back = 0;
  const unsigned failed = BSC_SETUP(walk_fail_nth(
      w,
      [&] {
        if (write(RWF_NOWAIT) < 0 && errno == EAGAIN) ++sent_back;
      },
      [&] {
        EXPECT_EQ(write(0), static_cast<ssize_t>(kBytes));
        at += 2 * kBytes;
      }));
  EXPECT_GT(failed, 0u) << "no allocation failed";
  EXPECT_GT(sent_back, 0u) << "nothing was sent back";
}

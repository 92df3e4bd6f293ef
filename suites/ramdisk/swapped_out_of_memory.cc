// SPDX-License-Identifier: GPL-2.0-only
// Memory goes to swap on a ramdisk, which finds none for it: the usual case, for nobody writes to
// swap who has memory to spare. The page stays, or goes by another way; up to 6.2 it is offered
// without a bio first, and who says no to that leaves its end to the caller.
#include <gtest/gtest.h>

#include "guest/fault/fail_nth.h"
#include "guest/scenario/ramdisk.h"
#include "suites/ramdisk/swap_area.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;
using bioscope::fault::walk_fail_nth;

BSC_SCENARIO(ramdisk, swapped_out_of_memory,
             .summary = "a page that a ramdisk has no memory for is written back once, or stays",
             .needs = {"module:brd", "config:SWAP", "config:FAILSLAB", "config:FAIL_PAGE_ALLOC"},
             .probes = {"brd", "cache"}, .oracles = {"ramdisk_pages_add_up", "writeback_ends_once"},
             .witness = {"store_failed"}, .budget_seconds = 40) {
  const auto disk = BSC_SETUP(ramdisk(w, 1));
  BSC_SETUP(swap_on(w, disk, 800));
  const Pages pages = BSC_SETUP(Pages::map(300));
  for (std::size_t index = 0; index < pages.count(); ++index) pages.stamp(index, 1);
  // What the first page to go needs once must not hide what each needs.
  std::size_t next = 8;
  ASSERT_EQ(pages.out(0, next), 0);
  const unsigned failed = BSC_SETUP(walk_fail_nth(
      w, [&] { static_cast<void>(pages.out(next, 1)); },
      [&] {
        pages.expect(next, 1);
        next = (next + 1) % pages.count();
      }));
  EXPECT_GT(failed, 0u) << "no allocation failed";
  for (std::size_t index = 0; index < pages.count(); ++index) pages.expect(index, 1);
}

// SPDX-License-Identifier: GPL-2.0-only
// A ramdisk as swap: anonymous memory is written to it and read from it page by page.
#include <gtest/gtest.h>

#include "guest/scenario/ramdisk.h"
#include "suites/ramdisk/swap_area.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;

BSC_SCENARIO(ramdisk, swapped_out,
             .summary = "memory that goes to swap on a ramdisk comes back as it was",
             .needs = {"module:brd", "config:SWAP"}, .probes = {"brd", "cache"},
             .oracles = {"ramdisk_pages_add_up", "writeback_ends_once"},
             .witness = {"page_swapped_out"}) {
  const auto disk = BSC_SETUP(ramdisk(w, 1));
  BSC_SETUP(swap_on(w, disk, 800));
  const Pages pages = BSC_SETUP(Pages::map(200));
  for (std::uint32_t round = 1; round <= w.at_length(3u, 40u); ++round) {
    for (std::size_t index = 0; index < pages.count(); ++index) pages.stamp(index, round);
    ASSERT_EQ(pages.out(0, pages.count()), 0);
    w.step("out");
    for (std::size_t index = 0; index < pages.count(); ++index) pages.expect(index, round);
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// A file read through the page cache: up to 6.2 the kernel reads ahead page by page and without a
// bio, where the disk can. What was written past the cache is what comes back.
#include <gtest/gtest.h>

#include <algorithm>
#include <span>

#include "suites/btt/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(btt, pages_read_ahead,
             .summary = "pages that a table reads ahead without a bio are ended once and are right",
             .needs = {BSC_BTT_NEEDS}, .probes = {"btt", "btt_page", "nd", "disk"},
             .oracles = {BSC_BTT_ORACLES, "rw_page_ends_once"}, .witness = {"pages_without_bios"},
             .budget_seconds = 40) {
  constexpr std::uint64_t kSectors = 1024;
  const unsigned rounds = w.at_length(3U, 40U);
  const auto space = BSC_SETUP(BttNamespace::find(w));
  const auto disk = BSC_SETUP(space->attach(4096));
  for (unsigned round = 0; round < rounds; ++round) {
    Stream stream = open_stream(w, disk, 0, 1, {.blocks = kSectors / 8});
    BSC_SETUP(stream.run({.requests = kSectors / 8}));
    check(stream);
    const auto past = BSC_SETUP(read_sectors(disk, {0, kSectors}));
    // The cache of a disk goes with its last opener, so this one begins with none.
    const auto through = BSC_SETUP(read_bytes(disk, 0, kSectors * kSectorBytes));
    EXPECT_TRUE(std::ranges::equal(past.all(), std::as_bytes(std::span(through))));
  }
}

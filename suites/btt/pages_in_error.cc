// SPDX-License-Identifier: GPL-2.0-only
// A page whose entry of the map says error is read through the page cache. Up to 6.2 the table is
// asked for it without a bio first: it says no and leaves the page alone, and a bio is sent then.
#include <gtest/gtest.h>

#include "suites/btt/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(btt, pages_in_error,
             .summary = "a page that cannot be taken without a bio is left to who asked",
             .needs = {BSC_BTT_NEEDS}, .probes = {"btt", "btt_page", "nd", "disk"},
             .oracles = {BSC_BTT_ORACLES, "rw_page_ends_once"},
             .witness = {"pages_without_bios", "error_entry_refused"}, .budget_seconds = 40) {
  const auto space = BSC_SETUP(BttNamespace::find(w));
  auto disk = BSC_SETUP(space->attach(4096));
  on_every_cpu(w, disk, {.blocks = 40, .requests = 20});
  BSC_SETUP(space->give_back());
  const auto raw = BSC_SETUP(space->raw());
  const auto table = BSC_SETUP(read_table(raw));
  for (const std::uint64_t lba : {0, 7, 16, 31}) {
    auto entry = BSC_SETUP(read_bytes(raw, table.map + lba * 4, 4));
    entry[3] = static_cast<std::uint8_t>((entry[3] & 0x3f) | 0x40);
    BSC_SETUP(write_bytes(raw, table.map + lba * 4, entry));
  }
  BSC_SETUP(space->end_raw());
  BSC_COMES_BACK(disk, space->attach(4096));
  for (const std::uint64_t lba : {0, 7, 16, 31}) {
    const bioscope::Fd fd = BSC_SETUP(open_disk(disk, Caching::kBuffered));
    char byte = 0;
    EXPECT_EQ(::pread(fd.get(), &byte, 1, static_cast<off_t>(lba * 4096)), -1);
    EXPECT_EQ(errno, EIO);
    EXPECT_EQ(::pread(fd.get(), &byte, 1, static_cast<off_t>((lba + 1) * 4096)), 1);
  }
}

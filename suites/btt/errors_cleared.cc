// SPDX-License-Identifier: GPL-2.0-only
// Entries of the map that say error, as a reader leaves them that met a bad place of the medium:
// reading them fails, writing them mends them, and the block that they had is zeroed before anybody
// gets it.
#include <gtest/gtest.h>

#include "suites/btt/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(btt, errors_cleared,
             .summary =
                 "a sector with an error reads as one until it is written, and nobody gets its "
                 "block before it is cleared",
             .needs = {BSC_BTT_NEEDS, "cpus:2"}, .probes = {"btt", "nd", "disk"},
             .oracles = {BSC_BTT_ORACLES}, .witness = {"block_cleared", "error_entry_refused"},
             .budget_seconds = 40) {
  const unsigned errors = w.at_length(24U, 240U);
  const auto space = BSC_SETUP(BttNamespace::find(w));
  auto disk = BSC_SETUP(space->attach(4096));
  on_every_cpu(w, disk, {.blocks = 40, .requests = 20});
  BSC_SETUP(space->give_back());

  w.step("errors");
  const auto raw = BSC_SETUP(space->raw());
  const auto table = BSC_SETUP(read_table(raw));
  const auto share = share_of(disk, 1, 2).first / 8;
  std::vector<std::uint64_t> bad;  // LBAs, of every vCPU's share
  for (unsigned index = 0; index < errors; ++index)
    bad.push_back(index % 2 == 0 ? index / 2 : share + index / 2);
  for (const std::uint64_t lba : bad) {
    auto entry = BSC_SETUP(read_bytes(raw, table.map + lba * 4, 4));
    if ((entry[3] & 0xc0) == 0)  // never written: it is where it was from the beginning
      for (unsigned byte = 0; byte < 4; ++byte)
        entry[byte] = static_cast<std::uint8_t>(lba >> (8 * byte));
    entry[3] = static_cast<std::uint8_t>((entry[3] & 0x3f) | 0x40);
    BSC_SETUP(write_bytes(raw, table.map + lba * 4, entry));
  }
  BSC_SETUP(space->end_raw());

  BSC_COMES_BACK(disk, space->attach(4096));
  {
    const bioscope::Fd fd = BSC_SETUP(open_disk(disk));
    const Buffer buffer = BSC_SETUP(Buffer::allocate(4096));
    for (const std::uint64_t lba : bad) {
      EXPECT_EQ(::pread(fd.get(), buffer.all().data(), 4096, static_cast<off_t>(lba * 4096)), -1);
      EXPECT_EQ(errno, EIO) << "LBA " << lba << " has an error";
    }
  }
  // The log remembers that the block that a lane has free had an error.
  w.step("remembered");
  w.on_every_cpu([&](unsigned cpu) {
    const bioscope::Fd fd = BSC_SETUP(open_disk(disk));
    const Buffer buffer = BSC_SETUP(Buffer::allocate(4096));
    EXPECT_EQ(::pwrite(fd.get(), buffer.all().data(), 4096, static_cast<off_t>(bad[cpu] * 4096)),
              4096);
  });
  BSC_SETUP(space->unbind());
  BSC_COMES_BACK(disk, space->bind());
  w.step("mended");
  on_every_cpu(w, disk, {.blocks = 40, .requests = 20});
}

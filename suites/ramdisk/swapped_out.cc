// SPDX-License-Identifier: GPL-2.0-only
// A ramdisk as swap: anonymous memory is written to it and read from it page by page.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>

#include "guest/scenario/ramdisk.h"
#include "guest/scenario/sector.h"
#include "suites/ramdisk/swap_area.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

BSC_SCENARIO(ramdisk, swapped_out,
             .summary = "memory that goes to swap on a ramdisk comes back as it was",
             .needs = {"module:brd", "config:SWAP"}, .probes = {"brd", "cache"},
             .oracles = {"ramdisk_pages_add_up", "writeback_ends_once"},
             .witness = {"page_swapped_out"}) {
  constexpr std::size_t kPages = 200;
  const auto disk = BSC_SETUP(ramdisk(w, 1));
  BSC_SETUP(swap_on(w, disk, 800));
  void* mapped = ::mmap(nullptr, kPages * kPageBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(mapped, MAP_FAILED);
  auto* memory = static_cast<std::byte*>(mapped);
  for (std::uint32_t round = 1; round <= w.at_length(3u, 40u); ++round) {
    for (std::size_t index = 0; index < kPages; ++index)
      write_stamp(Sector(std::span<std::byte>(memory + index * kPageBytes, kSectorBytes)),
                  {0, round, index, round});
    ASSERT_EQ(::madvise(mapped, kPages * kPageBytes, MADV_PAGEOUT), 0) << std::strerror(errno);
    w.step("out");
    for (std::size_t index = 0; index < kPages; ++index) {
      const SectorContent content =
          read_sector(ConstSector(std::span<std::byte>(memory + index * kPageBytes, kSectorBytes)));
      EXPECT_TRUE(content.state == SectorContent::State::kStamped &&
                  content.stamp == (Stamp{0, round, index, round}))
          << "page " << index << " came back as " << describe(content);
    }
  }
  ::munmap(mapped, kPages * kPageBytes);
}

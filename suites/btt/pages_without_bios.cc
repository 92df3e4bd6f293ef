// SPDX-License-Identifier: GPL-2.0-only
// Swap on a table: up to 6.2 the kernel hands it pages without a bio. What goes out comes back, and
// each page is ended once.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/swap.h>

#include <cstring>

#include "suites/btt/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

BSC_SCENARIO(btt, pages_without_bios,
             .summary = "pages that a table takes without a bio are ended once and come back",
             .needs = {BSC_BTT_NEEDS, "config:SWAP"}, .probes = {"btt", "btt_page", "nd", "disk"},
             .oracles = {BSC_BTT_ORACLES, "rw_page_ends_once"}, .witness = {"pages_without_bios"},
             .budget_seconds = 40) {
  constexpr std::size_t kPage = 4096;
  const std::size_t pages = w.at_length(160U, 1600U);
  const auto space = BSC_SETUP(BttNamespace::find(w));
  const auto disk = BSC_SETUP(space->attach(4096));
  // The head of swap space: version 1, its last page, no bad ones.
  std::vector<std::uint8_t> head(kPage);
  head[1024] = 1;
  const auto last = static_cast<std::uint32_t>(disk.sectors / 8 - 1);
  std::memcpy(head.data() + 1028, &last, sizeof(last));
  std::memcpy(head.data() + kPage - 10, "SWAPSPACE2", 10);
  BSC_SETUP(write_bytes(disk, 0, head));
  ASSERT_EQ(::swapon(disk.path.c_str(), 0), 0) << std::strerror(errno);

  auto* const memory = static_cast<std::uint8_t*>(
      ::mmap(nullptr, pages * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(memory, MAP_FAILED);
  const auto value = [](std::size_t page, unsigned round, std::size_t at) {
    return static_cast<std::uint8_t>(page * 31 + round * 7 + at);
  };
  for (unsigned round = 0; round < 3; ++round) {
    w.step(fmt::format("round {}", round));
    for (std::size_t page = 0; page < pages; ++page)
      for (std::size_t at = 0; at < kPage; at += 64)
        memory[page * kPage + at] = value(page, round, at);
    EXPECT_EQ(::madvise(memory, pages * kPage, MADV_PAGEOUT), 0) << std::strerror(errno);
    std::size_t wrong = 0;
    for (std::size_t page = 0; page < pages; ++page)
      for (std::size_t at = 0; at < kPage; at += 64)
        if (memory[page * kPage + at] != value(page, round, at)) ++wrong;
    EXPECT_EQ(wrong, 0U) << "bytes differ after they were swapped out and in";
  }
  ::munmap(memory, pages * kPage);
  EXPECT_EQ(::swapoff(disk.path.c_str()), 0) << std::strerror(errno);
}

// SPDX-License-Identifier: GPL-2.0-only
// A ramdisk as swap: anonymous memory is written to it and read from it page by page.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "guest/scenario/attribute.h"
#include "guest/scenario/ramdisk.h"
#include "guest/scenario/sector.h"
#include "suites/ramdisk/cache_load.h"

using bioscope::Fd;
using bioscope::Status;
using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

namespace {

// The header that mkswap writes.
Status make_swap(const BlockDevice& disk, std::uint32_t pages) {
  BSC_TRY_ASSIGN(const Buffer header, Buffer::allocate(kPageBytes));
  std::memset(header.all().data(), 0, kPageBytes);
  const std::uint32_t info[2] = {1, pages - 1};  // version, last page
  std::memcpy(header.part(1024, sizeof info).data(), info, sizeof info);
  std::memcpy(header.part(kPageBytes - 10, 10).data(), "SWAPSPACE2", 10);
  BSC_TRY_ASSIGN(const Fd fd, open_disk(disk));
  if (::pwrite(fd.get(), header.all().data(), kPageBytes, 0) != static_cast<ssize_t>(kPageBytes))
    return guest_os_error(errno, "cannot write to {}", disk.path);
  return {};
}

}  // namespace

BSC_SCENARIO(ramdisk, swapped_out,
             .summary = "memory that goes to swap on a ramdisk comes back as it was",
             .needs = {"module:brd", "config:SWAP"}, .probes = {"brd", "cache"},
             .oracles = {"ramdisk_pages_add_up", "writeback_ends_once"},
             .witness = {"page_swapped_out"}) {
  constexpr std::size_t kPages = 200;
  const auto disk = BSC_SETUP(ramdisk(w, 1));
  BSC_SETUP(make_swap(disk, 800));
  ASSERT_EQ(::swapon(disk.path.c_str(), 0), 0) << std::strerror(errno);
  w.cleanup([path = disk.path] { EXPECT_EQ(::swapoff(path.c_str()), 0) << std::strerror(errno); });
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

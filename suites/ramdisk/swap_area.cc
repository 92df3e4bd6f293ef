// SPDX-License-Identifier: GPL-2.0-only
#include "suites/ramdisk/swap_area.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <unistd.h>

#include <cstring>

#include "guest/scenario/attribute.h"
#include "guest/scenario/sector.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

namespace bioscope_suite_ramdisk {

using bioscope::Fd;
using bioscope::Status;
using namespace bioscope::scenario;

Status swap_on(Workload& w, const BlockDevice& disk, std::uint32_t pages) {
  BSC_TRY_ASSIGN(const Buffer header, Buffer::allocate(kPageBytes));
  std::memset(header.all().data(), 0, kPageBytes);
  const std::uint32_t info[2] = {1, pages - 1};  // version, last page
  std::memcpy(header.part(1024, sizeof info).data(), info, sizeof info);
  std::memcpy(header.part(kPageBytes - 10, 10).data(), "SWAPSPACE2", 10);
  {
    BSC_TRY_ASSIGN(const Fd fd, open_disk(disk));
    if (::pwrite(fd.get(), header.all().data(), kPageBytes, 0) != static_cast<ssize_t>(kPageBytes))
      return guest_os_error(errno, "cannot write to {}", disk.path);
  }
  if (::swapon(disk.path.c_str(), 0) != 0)
    return guest_os_error(errno, "cannot swap to {}", disk.path);
  w.cleanup([path = disk.path] { EXPECT_EQ(::swapoff(path.c_str()), 0) << std::strerror(errno); });
  return {};
}

bioscope::Result<Pages> Pages::map(std::size_t pages) {
  void* mapped = ::mmap(nullptr, pages * kPageBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return guest_os_error(errno, "cannot map {} pages", pages);
  return Pages({static_cast<std::byte*>(mapped), pages * kPageBytes});
}

Pages::~Pages() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

std::size_t Pages::count() const { return bytes_.size() / kPageBytes; }

std::span<std::byte> Pages::sector(std::size_t index) const {
  return bytes_.subspan(index * kPageBytes, kSectorBytes);
}

void Pages::stamp(std::size_t index, std::uint32_t round) const {
  write_stamp(Sector(sector(index)), {0, round, index, round});
}

int Pages::out(std::size_t first, std::size_t pages) const {
  return ::madvise(bytes_.data() + first * kPageBytes, pages * kPageBytes, MADV_PAGEOUT) == 0
             ? 0
             : errno;
}

void Pages::expect(std::size_t index, std::uint32_t round) const {
  const SectorContent content = read_sector(ConstSector(sector(index)));
  EXPECT_TRUE(content.state == SectorContent::State::kStamped &&
              content.stamp == (Stamp{0, round, index, round}))
      << "page " << index << " came back as " << describe(content);
}

}  // namespace bioscope_suite_ramdisk

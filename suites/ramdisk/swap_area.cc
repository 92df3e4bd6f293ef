// SPDX-License-Identifier: GPL-2.0-only
#include "suites/ramdisk/swap_area.h"

#include <gtest/gtest.h>
#include <sys/swap.h>
#include <unistd.h>

#include <cstring>

#include "guest/scenario/attribute.h"

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

}  // namespace bioscope_suite_ramdisk

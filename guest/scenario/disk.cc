// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/disk.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "guest/scenario/attribute.h"
#include "guest/scenario/wait.h"
#include "harness/base/check.h"

namespace bioscope::scenario {
namespace {

constexpr std::uint64_t kShareSectors = 8;

Status range_ioctl(const Fd& disk, unsigned long request, std::string_view name,
                   const Extent& extent) {
  std::uint64_t range[2] = {extent.first * kSectorBytes, extent.sectors * kSectorBytes};
  if (::ioctl(disk.get(), request, range) != 0)
    return guest_os_error(errno, "{} of {} sectors from {} failed", name, extent.sectors,
                          extent.first);
  return {};
}

}  // namespace

std::string BlockDevice::major_minor() const {
  return fmt::format("{}:{}", gnu_dev_major(number), gnu_dev_minor(number));
}

Result<BlockDevice> find_disk(Host& host, const std::string& path) {
  struct stat status{};
  std::uint64_t bytes = 0;
  const bool found = wait_until(kDeviceLimit, [&] {
    if (::stat(path.c_str(), &status) != 0 || !S_ISBLK(status.st_mode)) return false;
    const Fd disk(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    return disk && ::ioctl(disk.get(), BLKGETSIZE64, &bytes) == 0 && bytes != 0;
  });
  if (!found)
    return guest_error("{} is no disk with a size after {} s; see the console for its driver", path,
                       kDeviceLimit.count());

  // glibc's dev_t holds 12 bits of major and 20 of minor just where the kernel's encoding has
  // them, so the low half is what the probes record.
  const auto number = static_cast<std::uint32_t>(status.st_rdev);
  BlockDevice disk{path, path.substr(path.rfind('/') + 1), number, bytes / kSectorBytes};
  host.disk(disk.number, disk.sectors, disk.name);
  host.progress();
  return disk;
}

Result<Fd> open_disk(const BlockDevice& disk, Caching caching) {
  const int direct = caching == Caching::kDirect ? O_DIRECT : 0;
  Fd fd(::open(disk.path.c_str(), O_RDWR | O_CLOEXEC | direct));
  if (!fd) return guest_os_error(errno, "cannot open {}", disk.path);
  return fd;
}

Result<std::string> queue_attribute(const BlockDevice& disk, std::string_view attribute) {
  return read_attribute(fmt::format("/sys/block/{}/queue/{}", disk.name, attribute));
}

Extent share_of(const BlockDevice& disk, unsigned index, unsigned shares) {
  BSC_CHECK(index < shares);
  const std::uint64_t sectors = disk.sectors / shares / kShareSectors * kShareSectors;
  return {index * sectors, sectors};
}

Result<Buffer> read_sectors(const BlockDevice& disk, const Extent& extent) {
  BSC_TRY_ASSIGN(const Fd fd, open_disk(disk));
  BSC_TRY_ASSIGN(Buffer buffer, Buffer::allocate(extent.sectors * kSectorBytes));
  const std::span<std::byte> bytes = buffer.all();
  const ssize_t got = ::pread(fd.get(), bytes.data(), bytes.size(),
                              static_cast<off_t>(extent.first * kSectorBytes));
  if (got < 0) return guest_os_error(errno, "cannot read {}", disk.path);
  if (static_cast<std::size_t>(got) != bytes.size())
    return guest_error("{} gave {} of {} bytes at sector {}", disk.path, got, bytes.size(),
                       extent.first);
  return buffer;
}

Status zero_out(const Fd& disk, const Extent& extent) {
  return range_ioctl(disk, BLKZEROOUT, "BLKZEROOUT", extent);
}

Status discard(const Fd& disk, const Extent& extent) {
  return range_ioctl(disk, BLKDISCARD, "BLKDISCARD", extent);
}

Status flush_and_drop_cache(const Fd& disk) {
  if (::ioctl(disk.get(), BLKFLSBUF, 0) != 0) return guest_os_error(errno, "BLKFLSBUF failed");
  return {};
}

Status flush(const Fd& disk) {
  if (::fdatasync(disk.get()) != 0) return guest_os_error(errno, "fdatasync failed");
  return {};
}

}  // namespace bioscope::scenario

// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/block_cache.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "guest/scenario/sector.h"
#include "harness/base/check.h"

namespace bioscope::scenario {
namespace {

std::atomic<std::uint32_t> last_call{0};

std::uint64_t place_of(std::uint32_t dev, const Extent& extent) {
  const std::uint64_t first = extent.first / CachedDisk::kPageSectors;
  if (extent.sectors == 0) return 0;
  const std::uint64_t last = (extent.first + extent.sectors - 1) / CachedDisk::kPageSectors;
  return first == last ? std::uint64_t{dev} << 32 | first : 0;
}

std::uint32_t state_of(SectorContent::State state) {
  switch (state) {
    case SectorContent::State::kStamped: return BSC_SECTOR_STAMPED;
    case SectorContent::State::kZero: return BSC_SECTOR_ZERO;
    case SectorContent::State::kDamaged: return BSC_SECTOR_DAMAGED;
  }
  return BSC_SECTOR_DAMAGED;
}

// `next` goes on where `run` ends, of the same write.
bool goes_on(const bsc_event_io_seen& run, const bsc_event_io_seen& next) {
  const bool same_page = next.sector % CachedDisk::kPageSectors != 0;
  return same_page && next.state == run.state && next.state != BSC_SECTOR_DAMAGED &&
         next.counter == run.counter && next.writer == run.writer &&
         next.stamp_dev == run.stamp_dev &&
         (next.state == BSC_SECTOR_ZERO || next.stamp_sector == run.stamp_sector + run.sectors);
}

int transferred(ssize_t bytes, std::size_t wanted) {
  if (bytes < 0) return -errno;
  return static_cast<std::size_t>(bytes) == wanted ? 0 : -EIO;
}

}  // namespace

CachedDisk::CachedDisk(Workload& workload, BlockDevice disk, Fd direct, Fd buffered, Buffer memory,
                       std::uint32_t writer)
    : workload_(&workload),
      disk_(std::move(disk)),
      direct_(std::move(direct)),
      buffered_(std::move(buffered)),
      memory_(std::move(memory)),
      writer_(writer) {}

Result<CachedDisk> CachedDisk::open(Workload& workload, const BlockDevice& disk,
                                    std::uint32_t writer) {
  BSC_TRY_ASSIGN(Fd direct, open_disk(disk, Caching::kDirect));
  BSC_TRY_ASSIGN(Fd buffered, open_disk(disk, Caching::kBuffered));
  BSC_TRY_ASSIGN(Buffer memory, Buffer::allocate(kMostSectors * kSectorBytes));
  return CachedDisk(workload, disk, std::move(direct), std::move(buffered), std::move(memory),
                    writer);
}

bsc_event_io_call CachedDisk::begin(bsc_io_op op, Caching caching, const Extent& extent,
                                    std::uint64_t counter) {
  bsc_event_io_call call{};
  call.place = place_of(disk_.number, extent);
  call.disk = disk_.number;
  call.sector = extent.first;
  call.counter = counter;
  call.call = ++last_call;
  call.dev = disk_.number;
  call.sectors = static_cast<std::uint32_t>(extent.sectors);
  call.writer = writer_;
  call.op = op;
  call.flags = caching == Caching::kBuffered ? BSC_IO_BUFFERED : 0;
  workload_->host().io(call);
  return call;
}

int CachedDisk::end(const bsc_event_io_call& call, int result) {
  bsc_event_io_return returned{};
  returned.place = call.place;
  returned.disk = call.disk;
  returned.call = call.call;
  returned.dev = call.dev;
  returned.result = result;
  returned.op = call.op;
  workload_->host().io(returned);
  workload_->host().progress();
  return result;
}

int CachedDisk::write(Caching caching, const Extent& extent) {
  BSC_CHECK(extent.sectors <= kMostSectors);
  const std::span<std::byte> bytes = memory_.part(0, extent.sectors * kSectorBytes);
  const std::uint64_t counter = ++counter_;
  for (std::uint64_t sector = 0; sector < extent.sectors; ++sector)
    write_stamp(Sector(bytes.subspan(sector * kSectorBytes, kSectorBytes)),
                {disk_.number, writer_, extent.first + sector, counter});
  const auto call = begin(BSC_IO_WRITE, caching, extent, counter);
  const ssize_t put = ::pwrite(descriptor(caching).get(), bytes.data(), bytes.size(),
                               static_cast<off_t>(extent.first * kSectorBytes));
  return end(call, transferred(put, bytes.size()));
}

int CachedDisk::read(Caching caching, const Extent& extent) {
  BSC_CHECK(extent.sectors <= kMostSectors);
  const std::span<std::byte> bytes = memory_.part(0, extent.sectors * kSectorBytes);
  const auto call = begin(BSC_IO_READ, caching, extent, 0);
  const ssize_t got = ::pread(descriptor(caching).get(), bytes.data(), bytes.size(),
                              static_cast<off_t>(extent.first * kSectorBytes));
  const int result = end(call, transferred(got, bytes.size()));
  if (result == 0) tell(call, bytes);
  return result;
}

void CachedDisk::tell(const bsc_event_io_call& call, std::span<const std::byte> bytes) {
  bsc_event_io_seen run{};
  const auto put = [&] {
    run.place = place_of(call.dev, {run.sector, run.sectors});
    if (run.sectors != 0) workload_->host().io(run);
  };
  for (std::uint32_t sector = 0; sector < call.sectors; ++sector) {
    const SectorContent content =
        read_sector(ConstSector(bytes.subspan(sector * kSectorBytes, kSectorBytes)));
    bsc_event_io_seen next{};
    next.disk = call.disk;
    next.sector = call.sector + sector;
    next.sectors = 1;
    next.state = state_of(content.state);
    next.call = call.call;
    next.dev = call.dev;
    if (content.state != SectorContent::State::kZero) {
      next.stamp_sector = content.stamp.sector;
      next.counter = content.stamp.counter;
      next.stamp_dev = content.stamp.device;
      next.writer = content.stamp.writer;
    }
    if (run.sectors != 0 && goes_on(run, next)) {
      ++run.sectors;
    } else {
      put();
      run = next;
    }
  }
  put();
}

int CachedDisk::zero(const Extent& extent) {
  const auto call = begin(BSC_IO_ZERO, Caching::kDirect, extent, 0);
  std::uint64_t range[2] = {extent.first * kSectorBytes, extent.sectors * kSectorBytes};
  return end(call, ::ioctl(buffered_.get(), BLKZEROOUT, range) == 0 ? 0 : -errno);
}

int CachedDisk::discard(const Extent& extent) {
  const auto call = begin(BSC_IO_DISCARD, Caching::kDirect, extent, 0);
  std::uint64_t range[2] = {extent.first * kSectorBytes, extent.sectors * kSectorBytes};
  return end(call, ::ioctl(buffered_.get(), BLKDISCARD, range) == 0 ? 0 : -errno);
}

int CachedDisk::sync() {
  const auto call = begin(BSC_IO_SYNC, Caching::kBuffered, {}, 0);
  return end(call, ::fdatasync(buffered_.get()) == 0 ? 0 : -errno);
}

int CachedDisk::flush_buffers() {
  const auto call = begin(BSC_IO_FLUSH_BUFFERS, Caching::kBuffered, {}, 0);
  return end(call, ::ioctl(buffered_.get(), BLKFLSBUF, 0) == 0 ? 0 : -errno);
}

int CachedDisk::drop_cache() {
  return -::posix_fadvise(buffered_.get(), 0, 0, POSIX_FADV_DONTNEED);
}

int CachedDisk::block_size(int bytes) {
  // What a descriptor of its own is for: the size that a file system has set may not be changed.
  const Fd fd(::open(disk_.path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return -errno;
  const auto call =
      begin(BSC_IO_BLOCK_SIZE, Caching::kBuffered, {}, static_cast<std::uint64_t>(bytes));
  return end(call, ::ioctl(fd.get(), BLKBSZSET, &bytes) == 0 ? 0 : -errno);
}

}  // namespace bioscope::scenario

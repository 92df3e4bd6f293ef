// SPDX-License-Identifier: GPL-2.0-only
// CachedDisk: one thread's calls on a disk, through the page cache and past it. Each call and what
// it saw go into the record, where the oracles judge them; nothing is judged here, and what any
// call returns is only told. Several may be open on one disk. Call ids are unique in a process.
#pragma once

#include <cstdint>
#include <memory>

#include "guest/scenario/disk.h"

namespace bioscope::scenario {

class CachedDisk {
 public:
  // `writer` goes into the stamps of what it writes.
  static Result<CachedDisk> open(Workload& workload, const BlockDevice& disk, std::uint32_t writer);

  const BlockDevice& disk() const { return disk_; }

  // Each returns 0 or a negative errno; less than all of the extent is -EIO.
  int write(Caching caching, const Extent& extent);  // stamped sectors
  int read(Caching caching, const Extent& extent);
  int zero(const Extent& extent);     // BLKZEROOUT
  int discard(const Extent& extent);  // BLKDISCARD
  int sync();                         // fdatasync
  int flush_buffers();                // BLKFLSBUF
  int block_size(int bytes);          // BLKBSZSET, on a descriptor of its own
  // Has what is dirty written without waiting, and what is clean dropped; means nothing to the
  // content, and is not recorded.
  int drop_cache();

  static constexpr std::uint64_t kPageSectors = 8;
  static constexpr std::uint64_t kMostSectors = 256;  // of one read or write

 private:
  CachedDisk(Workload& workload, BlockDevice disk, Fd direct, Fd buffered, Buffer memory,
             std::uint32_t writer);

  bsc_event_io_call begin(bsc_io_op op, Caching caching, const Extent& extent,
                          std::uint64_t counter);
  int end(const bsc_event_io_call& call, int result);
  void tell(const bsc_event_io_call& call, std::span<const std::byte> bytes);
  const Fd& descriptor(Caching caching) const {
    return caching == Caching::kDirect ? direct_ : buffered_;
  }

  Workload* workload_;
  BlockDevice disk_;
  Fd direct_;
  Fd buffered_;
  Buffer memory_;
  std::uint32_t writer_;
  std::uint64_t counter_ = 0;
};

}  // namespace bioscope::scenario

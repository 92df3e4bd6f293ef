// SPDX-License-Identifier: GPL-2.0-only
// BlockDevice: a disk of the guest by path, number, size and name. Every fixture that makes or
// finds one hands it out as this, after its node is there and its name is in the record. The
// scenarios' one way to open, flush and zero disks.
#pragma once

#include <cstdint>
#include <string>

#include "guest/scenario/buffer.h"
#include "guest/scenario/scenario.h"
#include "harness/base/fd.h"
#include "harness/base/result.h"

namespace bioscope::scenario {

inline constexpr std::uint64_t kSectorBytes = 512;

struct BlockDevice {
  std::string path{};         // "/dev/dm-0"
  std::string name{};         // the kernel's: "dm-0"
  std::uint32_t number = 0;   // dev_t, encoded as in the record
  std::uint64_t sectors = 0;  // of 512 bytes

  // "253:0", which needs no node and no udev.
  std::string major_minor() const;
};

// Waits for the node and for a size above zero, and records the disk.
Result<BlockDevice> find_disk(Host& host, const std::string& path);

enum class Caching { kDirect, kBuffered };
Result<Fd> open_disk(const BlockDevice& disk, Caching caching = Caching::kDirect);

// One attribute of /sys/block/NAME/queue.
Result<std::string> queue_attribute(const BlockDevice& disk, std::string_view attribute);

// A range in sectors.
struct Extent {
  std::uint64_t first = 0;
  std::uint64_t sectors = 0;
};

// `index` of `shares` equal parts of a disk, each a multiple of 8 sectors.
Extent share_of(const BlockDevice& disk, unsigned index, unsigned shares);

// Past the page cache.
Result<Buffer> read_sectors(const BlockDevice& disk, const Extent& extent);

Status zero_out(const Fd& disk, const Extent& extent);  // BLKZEROOUT
Status discard(const Fd& disk, const Extent& extent);   // BLKDISCARD
Status flush_and_drop_cache(const Fd& disk);            // BLKFLSBUF
Status flush(const Fd& disk);                           // fdatasync

}  // namespace bioscope::scenario

// SPDX-License-Identifier: GPL-2.0-only
// Device-mapper tables: targets as values, builders for the ones that scenarios use, and their
// encoding for dm's ioctls. Pure: nothing here touches a kernel.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "guest/scenario/disk.h"
#include "harness/base/result.h"

namespace bioscope::scenario {

struct Target {
  std::uint64_t start = 0;  // sectors of the mapped device
  std::uint64_t sectors = 0;
  std::string type;
  std::string parameters;  // or its status, when read from the kernel
};

using Table = std::vector<Target>;

std::uint64_t size_of(const Table& table);  // in sectors

// One target after the other, each moved to where the one before it ends.
Table concatenate(std::vector<Target> targets);

Target linear(const BlockDevice& disk);
Target linear(const BlockDevice& disk, const Extent& extent);
// As many whole chunks as fit on each of the disks.
Target striped(const std::vector<BlockDevice>& disks, std::uint64_t chunk_sectors);
Target crypt(const BlockDevice& disk, std::string_view cipher, std::string_view hex_key);
// Of a part of the disk, and discards go down to it.
Target crypt_discarding(const BlockDevice& disk, const Extent& extent, std::string_view cipher,
                        std::string_view hex_key);
Target snapshot(const BlockDevice& origin, const BlockDevice& exceptions,
                std::uint64_t chunk_sectors);
// Between the filesystem and `origin`: writes save what a snapshot of `origin` still needs.
Target snapshot_origin(const BlockDevice& origin);
Target thin_pool(const BlockDevice& metadata, const BlockDevice& data, std::uint64_t block_sectors);
Target thin(const BlockDevice& pool, unsigned id, std::uint64_t sectors);
// Legs that are in sync. A write that fails on one leg is held until the table is replaced.
Target mirror(const std::vector<BlockDevice>& legs, std::uint64_t region_sectors);
// dm-raid without superblocks: `how` is the level with the count of its parameters and these.
Target raid(std::string_view how, const std::vector<BlockDevice>& disks, std::uint64_t sectors);
Target flakey(const BlockDevice& disk, unsigned up_seconds, unsigned down_seconds,
              const std::vector<std::string>& features = {});
Target delay(const BlockDevice& disk, unsigned milliseconds);
Target delay_reads(const BlockDevice& disk, unsigned milliseconds);
Target error(std::uint64_t sectors);
Target zero(std::uint64_t sectors);

// What follows struct dm_ioctl for DM_TABLE_LOAD: a dm_target_spec and a NUL-terminated string
// per target, 8-byte aligned, each naming the distance to the next.
std::string encode(const Table& table);

// What DM_TABLE_STATUS wrote there; its distances count from the first. An error for a count or a
// distance that leaves the bytes, and for a string without end.
Result<Table> decode(std::span<const char> bytes, std::uint32_t targets);

}  // namespace bioscope::scenario

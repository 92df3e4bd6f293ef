// SPDX-License-Identifier: GPL-2.0-only
// A table made by hand, for tests: one or more arenas in memory, as a kernel lays them out.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/nvdimm/btt_check.h"

namespace bioscope::nvdimm {

inline void store(std::vector<std::uint8_t>& bytes, std::uint64_t offset, std::uint64_t value,
                  unsigned width) {
  for (unsigned i = 0; i < width; ++i)
    bytes.at(offset + i) = static_cast<std::uint8_t>(value >> (8 * i));
}

class BttImage {
 public:
  static constexpr std::uint64_t kFirst = 4096;  // version 1.1
  static constexpr std::uint64_t kMap = 0x5000;
  static constexpr std::uint64_t kFlog = 0x6000;
  static constexpr std::uint64_t kCopy = 0x7000;
  static constexpr std::uint64_t kArena = 0x8000;
  static constexpr std::uint32_t kLbas = 28;
  static constexpr std::uint32_t kLanes = 4;

  // Sectors of 512 bytes; every lane's last write was of its own LBA, from initial place to spare.
  explicit BttImage(unsigned arenas = 1) : bytes_(kFirst + arenas * kArena) {
    for (unsigned arena = 0; arena < arenas; ++arena) {
      const bool last = arena + 1 == arenas;
      for (const std::uint64_t place : {std::uint64_t{0}, kCopy})
        info(at(arena) + place, last ? 0 : kArena);
      for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
        log(arena, lane, 0,
            {.lba = lane, .old_block = kLbas + lane, .new_block = kLbas + lane, .sequence = 1});
        log(arena, lane, 1,
            {.lba = lane, .old_block = lane, .new_block = kLbas + lane, .sequence = 2});
        map(arena, lane, 0xc0000000U | (kLbas + lane));
      }
    }
  }

  static std::uint64_t at(unsigned arena) { return kFirst + arena * kArena; }

  void info(std::uint64_t offset, std::uint64_t next) {
    const std::string_view signature{"BTT_ARENA_INFO\0\0", 16};
    std::ranges::copy(signature, bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
    put(offset + 52, 1, 2);
    put(offset + 54, 1, 2);
    put(offset + 56, 512, 4);
    put(offset + 60, kLbas, 4);
    put(offset + 64, 512, 4);
    put(offset + 68, kLbas + kLanes, 4);
    put(offset + 72, kLanes, 4);
    put(offset + 76, kInfoBytes, 4);
    put(offset + 80, next, 8);
    put(offset + 88, 0x1000, 8);
    put(offset + 96, kMap, 8);
    put(offset + 104, kFlog, 8);
    put(offset + 112, kCopy, 8);
    seal(offset);
  }
  // The checksum of what an info block now holds.
  void seal(std::uint64_t offset) {
    put(offset + kInfoBytes - 8, fletcher64(std::span(bytes_).subspan(offset, kInfoBytes)), 8);
  }
  void log(unsigned arena, std::uint32_t lane, unsigned slot, const LogEntry& entry) {
    const auto offset = at(arena) + kFlog + lane * kLaneBytes + slot * kSlotBytes;
    put(offset, entry.lba, 4);
    put(offset + 4, entry.old_block, 4);
    put(offset + 8, entry.new_block, 4);
    put(offset + 12, entry.sequence, 4);
  }
  void map(unsigned arena, std::uint32_t lba, std::uint32_t raw) {
    put(at(arena) + kMap + lba * kMapEntryBytes, raw, 4);
  }
  void put(std::uint64_t offset, std::uint64_t value, unsigned width) {
    store(bytes_, offset, value, width);
  }

  std::vector<std::uint8_t>& bytes() { return bytes_; }
  Result<Check> check(std::uint64_t offset = 0) const {
    return check_btt(MemoryBytes(bytes_), offset);
  }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace bioscope::nvdimm

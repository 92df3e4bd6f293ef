// SPDX-License-Identifier: GPL-2.0-only
// The Block Translation Table as it lies on the medium: UEFI specification 2.7 and later, chapter
// "Block Translation Table (BTT) Layout"; drivers/nvdimm/btt.h. All numbers are little-endian.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace bioscope::nvdimm {

inline constexpr std::uint64_t kInfoBytes = 4096;   // of an info block and of its copy
inline constexpr std::uint64_t kMapEntryBytes = 4;  // one per LBA
inline constexpr std::uint64_t kLaneBytes = 64;  // of the flog: four slots, of which two are used
inline constexpr std::uint64_t kSlotBytes = 16;
inline constexpr std::uint64_t kMaxArenaBytes = 1ULL << 39;

// Offsets count from the start of the arena.
struct InfoBlock {
  std::array<std::uint8_t, 16> uuid{};
  std::array<std::uint8_t, 16> parent_uuid{};
  std::uint32_t flags = 0;  // kArenaError
  std::uint16_t version_major = 0;
  std::uint16_t version_minor = 0;
  std::uint32_t external_lba_size = 0;  // what a user of the device sees, bytes
  std::uint32_t external_lbas = 0;
  std::uint32_t internal_lba_size = 0;  // stride of the blocks, bytes
  std::uint32_t internal_lbas = 0;
  std::uint32_t lanes = 0;  // spare blocks, one for each
  std::uint32_t info_size = 0;
  std::uint64_t next_arena = 0;  // 0: this is the last
  std::uint64_t data = 0;
  std::uint64_t map = 0;
  std::uint64_t flog = 0;
  std::uint64_t copy = 0;

  bool operator==(const InfoBlock&) const = default;
};

inline constexpr std::uint32_t kArenaError = 1;

// Nothing if the signature or the checksum (Fletcher 64) is wrong. `block` has kInfoBytes.
std::optional<InfoBlock> parse_info(std::span<const std::uint8_t> block);

// What follows a checksum of the other 4088 bytes.
std::uint64_t fletcher64(std::span<const std::uint8_t> block);

enum class MapState { kInitial, kError, kZero, kNormal };  // by the two upper bits

struct MapEntry {
  MapState state{};
  std::uint32_t block = 0;  // where the LBA's data is
};

inline MapEntry parse_map_entry(std::uint32_t raw, std::uint32_t lba) {
  constexpr std::uint32_t kBlock = 0x3fffffff;
  constexpr MapState kStates[] = {MapState::kInitial, MapState::kError, MapState::kZero,
                                  MapState::kNormal};
  const MapState state = kStates[raw >> 30];
  return {state, state == MapState::kInitial ? lba : raw & kBlock};
}

// One half of a lane's flog: the last or the last but one write.
struct LogEntry {
  std::uint32_t lba = 0;
  std::uint32_t old_block = 0;  // free since
  std::uint32_t new_block = 0;
  std::uint32_t sequence = 0;  // 1, 2, 3, 1, ...; 0: never written
};

LogEntry parse_log_entry(std::span<const std::uint8_t> slot);

}  // namespace bioscope::nvdimm

// SPDX-License-Identifier: GPL-2.0-only
// Self-describing sectors: 512 bytes that say who wrote them, where to, and as which of its writes,
// under a checksum of the whole, so that a read alone tells a stale, misplaced or torn sector from
// a right one. Any workload may write and check them; the layout stays as it is (tested).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace bioscope::scenario {

struct Stamp {
  std::uint32_t device = 0;  // number of the disk it was written to
  std::uint32_t writer = 0;
  std::uint64_t sector = 0;   // of that disk
  std::uint64_t counter = 0;  // grows with each write of that writer

  bool operator==(const Stamp&) const = default;
};

using Sector = std::span<std::byte, 512>;
using ConstSector = std::span<const std::byte, 512>;

// Little-endian: magic, device, writer, sector, counter, words that only this stamp yields, and a
// checksum in the last eight bytes.
void write_stamp(Sector sector, const Stamp& stamp);

struct SectorContent {
  enum class State {
    kStamped,
    kZero,     // never written, or zeroed
    kDamaged,  // no stamp at all, or not all of it from one write
  };
  State state{};
  Stamp stamp;  // what the head says, also when damaged
};

SectorContent read_sector(ConstSector sector);

// "sector 88 of disk 253:0 by writer 1, write 7", "zeros", "damaged (...)"
std::string describe(const SectorContent& content);

}  // namespace bioscope::scenario

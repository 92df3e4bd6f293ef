// SPDX-License-Identifier: GPL-2.0-only
// How a misread is told: the finding of the two oracles that share the model of sectors. For this
// folder only.
#pragma once

#include "harness/oracle/device_number.h"
#include "harness/oracle/oracles.h"
#include "harness/oracle/sector_model.h"

namespace bioscope::oracle {

// The cache holds something older than what went past it.
inline bool is_of_cache(const Misread& misread) {
  return misread.buffered && !misread.newer.buffered;
}

inline std::string_view kind_of(const Misread& misread) {
  switch (misread.kind) {
    case Misread::Kind::kStale: return "stale";
    case Misread::Kind::kLost: return "lost";
    case Misread::Kind::kDamaged: return "damaged";
    case Misread::Kind::kMisplaced: return "misplaced";
  }
  return "?";
}

inline std::string describe(const SectorWrite& write) {
  const std::string_view way = write.buffered ? "buffered" : "direct";
  switch (write.op) {
    case BSC_IO_WRITE:
      return fmt::format("{} write {} of writer {}", way, write.counter, write.writer);
    case BSC_IO_ZERO: return "BLKZEROOUT";
    case BSC_IO_DISCARD: return "BLKDISCARD";
    default: return "what was there";
  }
}

inline Finding finding_of(std::string_view oracle, const Misread& misread,
                          const bsc_record& record) {
  return {.oracle = std::string(oracle),
          .kind = std::string(kind_of(misread)),
          .summary = fmt::format(
              "a {} read of sector {} of disk {} got {}, after {} had returned at {}",
              misread.buffered ? "buffered" : "direct", misread.sector, device_number(misread.dev),
              misread.got, describe(misread.newer), misread.newer.end),
          .object = SectorModel::place(misread.dev, misread.sector),
          .order = record.order,
          .since = misread.newer.begin,
          .stack = record.stack};
}

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// BttModel: what the bytes that go to and come from an NVDIMM are in the terms of its block
// translation tables: data of a block, an entry of the map, half an entry of a lane's log; and who
// holds which lane meanwhile. As in BioModel it only states what happened; each oracle of tables
// keeps one of its own. A table from before arming stays unknown.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include <bioscope/event.h>

namespace bioscope::oracle {

inline constexpr std::uint32_t kBttBlockMask = 0x3fffffff;  // of a map entry; above it its flags
inline constexpr std::uint32_t kBttErrorEntry = 1;          // those two flags: reads as an error

struct BttArena {
  bsc_event_btt_arena is{};
  std::uint64_t order = 0;  // the record from which on it is known
  // A lock of the map is of entries that lie together.
  std::uint32_t map_lock(std::uint32_t lba) const {
    return lba / BSC_MAP_ENTRIES_OF_A_LOCK % is.lanes;
  }
};

struct BttAccess {
  enum class Area : std::uint8_t { kInfo, kData, kMeta, kMap, kLog };
  Area area{};
  bool write = false;
  std::uint64_t arena = 0;
  std::uint32_t block = 0;  // data and meta
  std::uint32_t lba = 0;    // map
  std::uint32_t lane = 0;   // log
  std::uint32_t slot = 0;   // log: of the four of a lane
  std::uint32_t half = 0;   // log
  std::uint64_t begin = 0;  // order
};

// One lane between taking and releasing it.
struct LaneHold {
  std::uint64_t region = 0;
  std::uint32_t lane = 0;
  std::uint64_t since = 0;  // order; 0: the task holds none
};

struct BttTask {
  LaneHold hold{};
  bool in_access = false;
  BttAccess access{};            // under way
  std::uint64_t clearing = 0;    // order of the call that clears an error; 0: none
  std::uint32_t cleared = 0;     // its block
  std::uint64_t cleared_in = 0;  // and arena
};

struct BttChange {
  enum class Kind : std::uint8_t {
    kLaneTaken,
    kLaneReleased,  // `hold` is what the task gives up
    kBegun,
    kEnded,
    kLogged,  // an entry is about to be written
    kArena,   // known from now on; another may have been at its place
    kArenaGone,
  };
  Kind kind{};
  const BttArena* arena = nullptr;         // not of kLaneTaken, kLaneReleased
  const BttTask* task = nullptr;           // the record's
  BttAccess access{};                      // kBegun, kEnded
  LaneHold hold{};                         // kLaneReleased
  std::uint64_t word = 0;                  // what the first bytes are, if that is known
  std::int32_t result = 0;                 // kEnded
  const bsc_event_btt_log* log = nullptr;  // kLogged
};

class BttModel {
 public:
  // Takes the next record. The changes are valid until the next call.
  std::span<const BttChange> apply(const bsc_record& record);

  const std::unordered_map<std::uint32_t, BttTask>& tasks() const { return tasks_; }

 private:
  BttChange& change(BttChange::Kind kind, const BttTask& task);
  const BttArena* arena_at(std::uint64_t ndns, std::uint64_t offset) const;
  void begin(const bsc_record& record, const bsc_event_nsio_read& event, bool write);
  void end(const bsc_record& record, const bsc_event_nsio_got& event);
  void forget(std::uint64_t nd_btt, const BttTask& task);

  std::map<std::uint64_t, std::unique_ptr<BttArena>> arenas_;  // by address
  std::vector<std::unique_ptr<BttArena>> past_;
  std::unordered_map<std::uint32_t, BttTask> tasks_;
  std::vector<BttChange> changes_;
};

// Who has each block of an arena, as far as the log tells: an LBA, or a lane that is free to write
// it.
class BlockPlaces {
 public:
  struct Place {
    bool free = false;
    std::uint32_t owner = 0;  // lane if free, else LBA
    std::uint64_t since = 0;  // order of taking the lane that logged it
  };
  void see(const BttChange& change);
  // Where a block is, or null if that is unknown.
  const Place* find(std::uint64_t arena, std::uint32_t block) const;

 private:
  std::map<std::uint64_t, std::unordered_map<std::uint32_t, Place>> places_;
};

}  // namespace bioscope::oracle

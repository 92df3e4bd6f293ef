// SPDX-License-Identifier: GPL-2.0-only
#include "harness/oracle/btt_model.h"

#include <utility>

#include "harness/evidence/schema.h"

namespace bioscope::oracle {
namespace {

constexpr std::uint64_t kInfoBytes = 4096;
constexpr std::uint32_t kMapBytes = 4, kLaneBytes = 64, kSlotBytes = 16, kHalfBytes = 8;

}  // namespace

using Area = BttAccess::Area;
using Kind = BttChange::Kind;

BttChange& BttModel::change(Kind kind, const BttTask& task) {
  BttChange& made = changes_.emplace_back();
  made.kind = kind;
  made.task = &task;
  return made;
}

std::span<const BttChange> BttModel::apply(const bsc_record& record) {
  changes_.clear();
  past_.clear();
  switch (record.type) {
    case BSC_EVENT_NSIO_READ:
    case BSC_EVENT_NSIO_WRITE:
      begin(record, evidence::payload<bsc_event_nsio_read>(record),
            record.type == BSC_EVENT_NSIO_WRITE);
      break;
    case BSC_EVENT_NSIO_GOT:
    case BSC_EVENT_NSIO_WROTE: end(record, evidence::payload<bsc_event_nsio_got>(record)); break;
    case BSC_EVENT_LANE_TAKEN: {
      const auto& event = evidence::payload<bsc_event_lane_taken>(record);
      BttTask& task = tasks_[record.tid];
      task.hold = {event.region, event.lane, record.order};
      change(Kind::kLaneTaken, task).hold = task.hold;
      break;
    }
    case BSC_EVENT_LANE_RELEASED: {
      BttTask& task = tasks_[record.tid];
      const LaneHold hold = std::exchange(task.hold, {});
      change(Kind::kLaneReleased, task).hold = hold;
      break;
    }
    case BSC_EVENT_BTT_ARENA: {
      const auto& event = evidence::payload<bsc_event_btt_arena>(record);
      if (event.result != 0 || event.lanes == 0 || event.internal_size == 0) break;
      auto& arena = arenas_[event.arena];
      if (arena) past_.push_back(std::move(arena));
      arena = std::make_unique<BttArena>(BttArena{event, record.order});
      change(Kind::kArena, tasks_[record.tid]).arena = arena.get();
      break;
    }
    case BSC_EVENT_BTT_ARENAS_FREED:
      forget(evidence::payload<bsc_event_btt_arenas_freed>(record).nd_btt, tasks_[record.tid]);
      break;
    case BSC_EVENT_BTT_LOG: {
      const auto& event = evidence::payload<bsc_event_btt_log>(record);
      const auto found = arenas_.find(event.arena);
      if (found == arenas_.end()) break;
      BttChange& logged = change(Kind::kLogged, tasks_[record.tid]);
      logged.arena = found->second.get();
      logged.log = &event;
      break;
    }
    case BSC_EVENT_BTT_CLEAR: {
      const auto& event = evidence::payload<bsc_event_btt_clear>(record);
      if (event.failed == 0) break;
      BttTask& task = tasks_[record.tid];
      task.clearing = record.order;
      task.cleared = event.block;
      task.cleared_in = event.arena;
      break;
    }
    case BSC_EVENT_BTT_CLEARED: tasks_[record.tid].clearing = 0; break;
    default: break;
  }
  return changes_;
}

void BttModel::forget(std::uint64_t nd_btt, const BttTask& task) {
  for (auto at = arenas_.begin(); at != arenas_.end();) {
    if (at->second->is.nd_btt != nd_btt) {
      ++at;
      continue;
    }
    past_.push_back(std::move(at->second));
    change(Kind::kArenaGone, task).arena = past_.back().get();
    at = arenas_.erase(at);
  }
}

const BttArena* BttModel::arena_at(std::uint64_t ndns, std::uint64_t offset) const {
  for (const auto& [address, arena] : arenas_)
    if (arena->is.ndns == ndns && offset >= arena->is.info && offset < arena->is.info2 + kInfoBytes)
      return arena.get();
  return nullptr;
}

void BttModel::begin(const bsc_record& record, const bsc_event_nsio_read& event, bool write) {
  BttTask& task = tasks_[record.tid];
  task.in_access = false;
  const BttArena* arena = arena_at(event.ndns, event.offset);
  if (arena == nullptr) return;
  const bsc_event_btt_arena& is = arena->is;
  BttAccess access{.write = write, .arena = is.arena, .begin = record.order};
  if (event.offset < is.data || event.offset >= is.info2) {
    access.area = Area::kInfo;
  } else if (event.offset < is.map) {
    const std::uint64_t at = event.offset - is.data;
    access.block = static_cast<std::uint32_t>(at / is.internal_size);
    access.area = at % is.internal_size >= is.sector_size ? Area::kMeta : Area::kData;
  } else if (event.offset < is.log) {
    access.area = Area::kMap;
    access.lba = static_cast<std::uint32_t>((event.offset - is.map) / kMapBytes);
  } else {
    const auto at = static_cast<std::uint32_t>(event.offset - is.log);
    access.area = Area::kLog;
    access.lane = at / kLaneBytes;
    access.slot = at % kLaneBytes / kSlotBytes;
    access.half = at % kSlotBytes / kHalfBytes;
  }
  task.access = access;
  task.in_access = true;
  BttChange& begun = change(Kind::kBegun, task);
  begun.arena = arena;
  begun.access = access;
  begun.word = event.word;
}

void BttModel::end(const bsc_record& record, const bsc_event_nsio_got& event) {
  BttTask& task = tasks_[record.tid];
  if (!std::exchange(task.in_access, false)) return;
  const auto found = arenas_.find(task.access.arena);
  if (found == arenas_.end()) return;
  BttChange& ended = change(Kind::kEnded, task);
  ended.arena = found->second.get();
  ended.access = task.access;
  ended.word = event.word;
  ended.result = event.result;
}

void BlockPlaces::see(const BttChange& change) {
  if (change.kind == Kind::kArena || change.kind == Kind::kArenaGone)
    places_.erase(change.arena->is.arena);
  const std::uint64_t since = change.task->hold.since;
  if (change.kind != Kind::kLogged || since == 0) return;
  auto& places = places_[change.arena->is.arena];
  places[change.log->new_map & kBttBlockMask] = {false, change.log->lba, since};
  places[change.log->old_map & kBttBlockMask] = {true, change.log->lane, since};
}

const BlockPlaces::Place* BlockPlaces::find(std::uint64_t arena, std::uint32_t block) const {
  const auto of = places_.find(arena);
  if (of == places_.end()) return nullptr;
  const auto found = of->second.find(block);
  return found == of->second.end() ? nullptr : &found->second;
}

}  // namespace bioscope::oracle

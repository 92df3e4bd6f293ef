// SPDX-License-Identifier: GPL-2.0-only
// C3: a write of a sector is data, what is kept beside it, the two halves of the log entry, the
// map; each is on the medium before the next begins. A lane's log entries alternate between its two
// slots and count 1, 2, 3, 1.
#include <map>
#include <unordered_map>
#include <utility>

#include "harness/oracle/btt_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

using Area = BttAccess::Area;

class BttWrittenInOrder final : public Oracle {
 public:
  void see(const Step& step) override {
    for (const BttChange& change : model_.apply(step.record)) switch (change.kind) {
        case BttChange::Kind::kLaneTaken: writes_[step.record.tid] = {}; break;
        case BttChange::Kind::kLaneReleased: released(step, change); break;
        case BttChange::Kind::kLogged: logged(step, change); break;
        case BttChange::Kind::kBegun: begun(step, change); break;
        case BttChange::Kind::kEnded: ended(step, change); break;
        case BttChange::Kind::kArena:
        case BttChange::Kind::kArenaGone: lanes_.erase(change.arena->is.arena); break;
      }
  }

 private:
  // What one task has done under the lane that it holds.
  struct Write {
    bool data = false;  // of `block` is on the medium
    std::uint32_t block = 0;
    std::uint64_t arena = 0;
    bool logged = false;  // `log` is about to be, or is, on the medium
    bsc_event_btt_log log{};
    unsigned halves = 0;  // on the medium
    bool mapped = false;
    bool failed = false;  // some step was
  };
  struct Lane {
    std::uint32_t slot = 0;
    std::uint32_t sequence = 0;
    std::uint64_t order = 0;
  };

  void logged(const Step& step, const BttChange& change) {
    const LaneHold& hold = change.task->hold;
    if (hold.since == 0) return;
    const bsc_event_btt_log& log = *change.log;
    Write& write = writes_[step.record.tid];
    const std::uint32_t block = log.new_map & kBttBlockMask;
    if (!write.data || write.block != block)
      accuse(step, "logged_before_data", log.arena, hold.since,
             fmt::format("lane {} logs block {} for LBA {} before its data is written", log.lane,
                         block, log.lba));
    if (write.logged)
      accuse(step, "logged_twice", log.arena, hold.since,
             fmt::format("lane {} logs a second time for one write", log.lane));
    write.logged = true;
    write.log = log;
    write.arena = log.arena;
    write.halves = 0;

    Lane& lane = lanes_[log.arena][log.lane];
    if (lane.order != 0 && (log.slot == lane.slot || log.sequence != lane.sequence % 3 + 1))
      accuse(step, "log_out_of_sequence", log.arena, lane.order,
             fmt::format("lane {} logs as {} in slot {} after {} in slot {}", log.lane,
                         log.sequence, log.slot, lane.sequence, lane.slot));
    lane = {log.slot, log.sequence, step.record.order};
  }

  void begun(const Step& step, const BttChange& change) {
    const LaneHold& hold = change.task->hold;
    const BttAccess& access = change.access;
    if (hold.since == 0 || !access.write) return;
    Write& write = writes_[step.record.tid];
    switch (access.area) {
      case Area::kData:
      case Area::kMeta:
        if (write.logged && !write.mapped)
          accuse(step, access.area == Area::kData ? "data_after_log" : "meta_after_log",
                 access.arena, hold.since,
                 fmt::format("block {} is written after lane {} logged block {}", access.block,
                             hold.lane, write.block));
        break;
      case Area::kLog: {
        const std::uint32_t slot = write.log.slot == 0 ? 0 : change.arena->is.log_step;
        if (write.logged && access.half == write.halves && access.lane == write.log.lane &&
            access.slot == slot)
          break;
        accuse(step, "log_halves_out_of_order", access.arena, hold.since,
               fmt::format("half {} of slot {} of lane {}'s log is written after {} halves",
                           access.half, access.slot, access.lane, write.halves));
        break;
      }
      case Area::kMap: map_begun(step, change, write); break;
      case Area::kInfo: break;
    }
  }

  void map_begun(const Step& step, const BttChange& change, Write& write) {
    const auto entry = static_cast<std::uint32_t>(change.word);
    // A reader that found the medium bad keeps that in the map.
    if (!write.logged && entry >> 30 == kBttErrorEntry) return;
    const std::uint32_t lba = change.access.lba, block = entry & kBttBlockMask;
    if (!write.logged || write.halves != 2)
      accuse(step, "mapped_before_log", change.access.arena, change.task->hold.since,
             fmt::format("LBA {} is mapped to block {} when {} halves of its log entry are written",
                         lba, block, write.logged ? write.halves : 0));
    else if (lba != write.log.lba || block != (write.log.new_map & kBttBlockMask))
      accuse(step, "mapped_otherwise", change.access.arena, change.task->hold.since,
             fmt::format("LBA {} is mapped to block {}, but LBA {} and block {} are in the log",
                         lba, block, write.log.lba, write.log.new_map & kBttBlockMask));
    write.mapped = true;
  }

  void ended(const Step& step, const BttChange& change) {
    if (change.task->hold.since == 0) return;
    Write& write = writes_[step.record.tid];
    if (change.result != 0) write.failed = true;
    if (!change.access.write || change.result != 0) return;
    if (change.access.area == Area::kData) {
      write.data = true;
      write.block = change.access.block;
    } else if (change.access.area == Area::kLog) {
      ++write.halves;
    }
  }

  void released(const Step& step, const BttChange& change) {
    const Write write = std::exchange(writes_[step.record.tid], {});
    if (change.hold.since == 0 || !write.logged || write.mapped || write.failed) return;
    accuse(step, "log_without_map", write.arena, change.hold.since,
           fmt::format("lane {} is released: LBA {} is in the log and not in the map",
                       change.hold.lane, write.log.lba));
  }

  void accuse(const Step& step, std::string_view kind, std::uint64_t object, std::uint64_t since,
              std::string summary) {
    report({.oracle = "btt_written_in_order",
            .kind = std::string(kind),
            .summary = std::move(summary),
            .object = object,
            .order = step.record.order,
            .since = since,
            .stack = step.record.stack});
  }

  BttModel model_;
  std::unordered_map<std::uint32_t, Write> writes_;                         // by task
  std::map<std::uint64_t, std::unordered_map<std::uint32_t, Lane>> lanes_;  // by arena and lane
};

}  // namespace

std::unique_ptr<Oracle> make_btt_written_in_order() {
  return std::make_unique<BttWrittenInOrder>();
}

}  // namespace bioscope::oracle

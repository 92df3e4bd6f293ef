// SPDX-License-Identifier: GPL-2.0-only
// C6: from reading the entry that a write replaces to writing the new one, an entry of the map is
// locked: nobody else is between these two steps of an entry under the same lock. A reader that
// keeps in the map that a place is bad says so of the entry that he has read, and of no newer one.
#include <algorithm>
#include <map>
#include <unordered_map>

#include "harness/oracle/btt_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

using Area = BttAccess::Area;

class MapChangedAlone final : public Oracle {
 public:
  void see(const Step& step) override {
    for (const BttChange& change : model_.apply(step.record)) {
      const std::uint32_t tid = step.record.tid;
      if (change.kind == BttChange::Kind::kLaneTaken ||
          change.kind == BttChange::Kind::kLaneReleased) {
        writers_[tid] = {};
      } else if (change.kind == BttChange::Kind::kLogged && change.task->hold.since != 0) {
        if ((change.log->flags & BSC_BTT_LOCKED) == 0)
          accuse(step, "map_not_locked", change.arena->is.arena, change.task->hold.since,
                 fmt::format("LBA {} is about to be mapped and its part of the map is not locked",
                             change.log->lba));
      } else if (change.kind == BttChange::Kind::kBegun && change.task->hold.since != 0) {
        begun(step, change);
      } else if (change.kind == BttChange::Kind::kEnded) {
        ended(tid, change);
      }
    }
  }

 private:
  using Entry = std::pair<std::uint64_t, std::uint32_t>;  // arena and LBA
  // The last that mapped an entry, or read it.
  struct Access {
    std::uint32_t tid = 0;
    std::uint32_t lba = 0;
    std::uint64_t order = 0;
  };
  struct Writer {
    bool data = false;        // has written it: what it reads of the map next it will replace
    std::uint64_t since = 0;  // order of taking its lane, once it has read it; 0: not yet
    std::uint64_t arena = 0;
    std::uint32_t lock = 0;
    std::uint32_t lba = 0;
  };

  void begun(const Step& step, const BttChange& change) {
    const BttAccess& access = change.access;
    Writer& writer = writers_[step.record.tid];
    if (access.area != Area::kMap) return;
    if (access.write) {
      mapped(step, change);
    } else {
      read_[step.record.tid] = {step.record.tid, access.lba, step.record.order};
    }
    if (access.write || !writer.data || writer.since != 0) return;
    writer.since = change.task->hold.since;
    writer.arena = access.arena;
    writer.lba = access.lba;
    writer.lock = change.arena->map_lock(access.lba);
    for (const auto& [tid, other] : writers_) {
      if (tid == step.record.tid || other.since == 0) continue;
      if (other.arena != writer.arena || other.lock != writer.lock) continue;
      accuse(step, "changed_at_once", writer.arena, std::min(other.since, writer.since),
             fmt::format("task {} is about to map LBA {} while task {} maps LBA {} under the same "
                         "lock",
                         step.record.tid, writer.lba, tid, other.lba));
    }
  }

  void ended(std::uint32_t tid, const BttChange& change) {
    if (change.access.write && change.access.area == Area::kData) writers_[tid].data = true;
    // Who cannot read the entry that he is to replace gives up.
    const bool given_up = !change.access.write && change.result != 0;
    if (change.access.area == Area::kMap && (change.access.write || given_up)) writers_[tid] = {};
  }

  void mapped(const Step& step, const BttChange& change) {
    const BttAccess& access = change.access;
    const std::uint32_t tid = step.record.tid;
    Access& last = mapped_[{access.arena, access.lba}];
    const auto read = read_.find(tid);
    const bool error = static_cast<std::uint32_t>(change.word) >> 30 == kBttErrorEntry;
    if (error && !writers_[tid].data && read != read_.end() && read->second.lba == access.lba &&
        read->second.order > change.task->hold.since && last.order > read->second.order)
      accuse(step, "error_over_newer_entry", access.arena, change.task->hold.since,
             fmt::format(
                 "LBA {} is said to be in error at block {}, but task {} has mapped it anew "
                 "since that was read",
                 access.lba, static_cast<std::uint32_t>(change.word) & kBttBlockMask, last.tid));
    last = {tid, access.lba, step.record.order};
  }

  void accuse(const Step& step, std::string_view kind, std::uint64_t object, std::uint64_t since,
              std::string summary) {
    report({.oracle = "map_changed_alone",
            .kind = std::string(kind),
            .summary = std::move(summary),
            .object = object,
            .order = step.record.order,
            .since = since,
            .stack = step.record.stack});
  }

  BttModel model_;
  std::unordered_map<std::uint32_t, Writer> writers_;  // by task
  std::unordered_map<std::uint32_t, Access> read_;     // by task
  std::map<Entry, Access> mapped_;
};

}  // namespace

std::unique_ptr<Oracle> make_map_changed_alone() { return std::make_unique<MapChangedAlone>(); }

}  // namespace bioscope::oracle

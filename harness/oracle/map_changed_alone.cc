// SPDX-License-Identifier: GPL-2.0-only
// C6: from reading the entry that a write replaces to writing the new one, an entry of the map is
// locked: nobody else is between these two steps of an entry under the same lock.
#include <algorithm>
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
      } else if (change.kind == BttChange::Kind::kEnded && change.access.write) {
        if (change.access.area == Area::kData)
          writers_[tid].data = true;
        else if (change.access.area == Area::kMap)
          writers_[tid] = {};
      }
    }
  }

 private:
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
    if (access.area != Area::kMap || access.write || !writer.data || writer.since != 0) return;
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
};

}  // namespace

std::unique_ptr<Oracle> make_map_changed_alone() { return std::make_unique<MapChangedAlone>(); }

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// C1: a lane is held by one task at a time, and who writes blocks or the log holds the lane that
// these belong to. Clearing an error and laying out a table need none.
#include <map>
#include <utility>

#include "harness/oracle/btt_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class LaneHeldAlone final : public Oracle {
 public:
  void see(const Step& step) override {
    for (const BttChange& change : model_.apply(step.record)) {
      if (change.kind == BttChange::Kind::kLaneTaken)
        taken(step, change);
      else if (change.kind == BttChange::Kind::kLaneReleased)
        released(step, change);
      else if (change.kind == BttChange::Kind::kLogged)
        logged(step, change);
      else if (change.kind == BttChange::Kind::kBegun)
        begun(step, change);
    }
  }

 private:
  struct Holder {
    std::uint32_t tid = 0;
    std::uint64_t since = 0;
  };

  void taken(const Step& step, const BttChange& change) {
    Holder& holder = holders_[{change.hold.region, change.hold.lane}];
    if (holder.since != 0)
      accuse(step, "taken_twice", change.hold.region, holder.since,
             fmt::format("task {} takes lane {} while task {} holds it", step.record.tid,
                         change.hold.lane, holder.tid));
    holder = {step.record.tid, step.record.order};
  }

  void released(const Step& step, const BttChange& change) {
    const auto& event = evidence::payload<bsc_event_lane_released>(step.record);
    const auto found = holders_.find({event.region, event.lane});
    if (found == holders_.end() || found->second.since == 0) return;
    if (change.hold.since == 0 || change.hold.lane != event.lane ||
        change.hold.region != event.region)
      accuse(step, "released_by_another", event.region, found->second.since,
             fmt::format("task {} releases lane {}, which task {} holds", step.record.tid,
                         event.lane, found->second.tid));
    found->second = {};
  }

  void logged(const Step& step, const BttChange& change) {
    const LaneHold& hold = change.task->hold;
    if (hold.since == 0 || hold.lane == change.log->lane) return;
    accuse(step, "log_of_another_lane", change.arena->is.arena, hold.since,
           fmt::format("task {} holds lane {} and writes the log of lane {}", step.record.tid,
                       hold.lane, change.log->lane));
  }

  void begun(const Step& step, const BttChange& change) {
    if (!change.access.write || change.access.area != BttAccess::Area::kData) return;
    if (change.task->hold.since != 0 || change.task->clearing != 0) return;
    accuse(step, "written_without_lane", change.arena->is.arena, step.record.order,
           fmt::format("task {} writes block {} and holds no lane", step.record.tid,
                       change.access.block));
  }

  void accuse(const Step& step, std::string_view kind, std::uint64_t object, std::uint64_t since,
              std::string summary) {
    report({.oracle = "lane_held_alone",
            .kind = std::string(kind),
            .summary = std::move(summary),
            .object = object,
            .order = step.record.order,
            .since = since,
            .stack = step.record.stack});
  }

  BttModel model_;
  std::map<std::pair<std::uint64_t, std::uint32_t>, Holder> holders_;  // by region and lane
};

}  // namespace

std::unique_ptr<Oracle> make_lane_held_alone() { return std::make_unique<LaneHeldAlone>(); }

}  // namespace bioscope::oracle

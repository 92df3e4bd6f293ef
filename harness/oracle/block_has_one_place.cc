// SPDX-License-Identifier: GPL-2.0-only
// C2: each block of an arena belongs to one LBA or is free at one lane, and every write trades the
// two: what was free at its lane becomes the LBA's, what was the LBA's becomes free at the lane.
#include <algorithm>
#include <map>

#include "harness/oracle/btt_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

std::string describe(const BlockPlaces::Place& place) {
  return place.free ? fmt::format("is free at lane {}", place.owner)
                    : fmt::format("holds LBA {}", place.owner);
}

class BlockHasOnePlace final : public Oracle {
 public:
  void see(const Step& step) override {
    for (const BttChange& change : model_.apply(step.record)) {
      if (change.kind == BttChange::Kind::kLogged && change.task->hold.since != 0)
        logged(step, change);
      else if (change.kind == BttChange::Kind::kBegun)
        begun(step, change);
      places_.see(change);
    }
  }

 private:
  void logged(const Step& step, const BttChange& change) {
    const bsc_event_btt_log& log = *change.log;
    const std::uint64_t arena = change.arena->is.arena;
    const std::uint32_t taken = log.new_map & kBttBlockMask;
    const std::uint32_t left = log.old_map & kBttBlockMask;
    const auto* from = places_.find(arena, taken);
    if (from != nullptr && !(from->free && from->owner == log.lane))
      accuse(step, "taken_block_not_free", arena, std::min(from->since, change.task->hold.since),
             fmt::format("lane {} gives block {} to LBA {}, but it {}", log.lane, taken, log.lba,
                         describe(*from)));
    const auto* was = places_.find(arena, left);
    if (was != nullptr && (was->free || was->owner != log.lba))
      accuse(step, "freed_block_not_there", arena, std::min(was->since, change.task->hold.since),
             fmt::format("lane {} frees block {} of LBA {}, but it {}", log.lane, left, log.lba,
                         describe(*was)));
    if (taken >= change.arena->is.internal_lbas || left >= change.arena->is.internal_lbas)
      accuse(step, "no_such_block", arena, change.task->hold.since,
             fmt::format("lane {} logs blocks {} and {} of {}", log.lane, left, taken,
                         change.arena->is.internal_lbas));
  }

  void begun(const Step& step, const BttChange& change) {
    if (!change.access.write || change.access.area != BttAccess::Area::kData) return;
    const LaneHold& hold = change.task->hold;
    const auto* place = places_.find(change.access.arena, change.access.block);
    if (hold.since == 0 || place == nullptr || (place->free && place->owner == hold.lane)) return;
    accuse(step, "written_block_not_free", change.access.arena, std::min(place->since, hold.since),
           fmt::format("lane {} writes block {}, but it {}", hold.lane, change.access.block,
                       describe(*place)));
  }

  void accuse(const Step& step, std::string_view kind, std::uint64_t object, std::uint64_t since,
              std::string summary) {
    report({.oracle = "block_has_one_place",
            .kind = std::string(kind),
            .summary = std::move(summary),
            .object = object,
            .order = step.record.order,
            .since = since,
            .stack = step.record.stack});
  }

  BttModel model_;
  BlockPlaces places_;
};

}  // namespace

std::unique_ptr<Oracle> make_block_has_one_place() { return std::make_unique<BlockHasOnePlace>(); }

}  // namespace bioscope::oracle

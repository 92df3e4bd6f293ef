// SPDX-License-Identifier: GPL-2.0-only
// C7: a block is zeroed to clear an error of the medium only while it is free, and nobody writes it
// or takes it meanwhile.
#include <algorithm>

#include "harness/oracle/btt_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

using Area = BttAccess::Area;

class ClearedBlockIsFree final : public Oracle {
 public:
  void see(const Step& step) override {
    for (const BttChange& change : model_.apply(step.record)) {
      if (change.kind == BttChange::Kind::kBegun && change.access.write &&
          change.access.area == Area::kData)
        begun(step, change);
      else if (change.kind == BttChange::Kind::kLogged && change.task->hold.since != 0)
        logged(step, change);
      places_.see(change);
    }
  }

 private:
  // The task that is zeroing the block, if any but `self`.
  const BttTask* zeroing(std::uint32_t self, std::uint64_t arena, std::uint32_t block) const {
    for (const auto& [tid, task] : model_.tasks())
      if (tid != self && task.clearing != 0 && task.in_access && task.access.write &&
          task.access.area == Area::kData && task.access.arena == arena &&
          task.access.block == block)
        return &task;
    return nullptr;
  }

  void begun(const Step& step, const BttChange& change) {
    const BttAccess& access = change.access;
    if (change.task->clearing == 0) {
      if (const BttTask* other = zeroing(step.record.tid, access.arena, access.block))
        accuse(step, "written_while_cleared", access.arena, other->clearing,
               fmt::format("block {} is written while it is zeroed", access.block));
      return;
    }
    const auto* place = places_.find(access.arena, access.block);
    if (place != nullptr && !place->free)
      accuse(step, "mapped_block_cleared", access.arena,
             std::min(place->since, change.task->clearing),
             fmt::format("block {} is zeroed to clear an error while it holds LBA {}", access.block,
                         place->owner));
  }

  void logged(const Step& step, const BttChange& change) {
    const std::uint32_t block = change.log->new_map & kBttBlockMask;
    if (const BttTask* other = zeroing(step.record.tid, change.log->arena, block))
      accuse(step, "mapped_while_cleared", change.log->arena,
             std::min(other->clearing, change.task->hold.since),
             fmt::format("block {} is given to LBA {} while it is zeroed", block, change.log->lba));
  }

  void accuse(const Step& step, std::string_view kind, std::uint64_t object, std::uint64_t since,
              std::string summary) {
    report({.oracle = "cleared_block_is_free",
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

std::unique_ptr<Oracle> make_cleared_block_is_free() {
  return std::make_unique<ClearedBlockIsFree>();
}

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// Two tasks were writing sectors of one table under different lanes at the same time.
#include <unordered_map>

#include "harness/oracle/btt_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class WritersOverlap final : public Witness {
 public:
  void see(const Step& step) override {
    for (const BttChange& change : model_.apply(step.record)) {
      if (change.kind == BttChange::Kind::kLaneReleased) writers_.erase(step.record.tid);
      if (change.kind != BttChange::Kind::kBegun || !change.access.write ||
          change.access.area != BttAccess::Area::kData || change.task->hold.since == 0)
        continue;
      for (const auto& [tid, arena] : writers_)
        if (tid != step.record.tid && arena == change.access.arena) {
          ++count_;
          break;
        }
      writers_[step.record.tid] = change.access.arena;
    }
  }

 private:
  BttModel model_;
  std::unordered_map<std::uint32_t, std::uint64_t> writers_;  // by task: the arena
};

}  // namespace

std::unique_ptr<Witness> make_writers_overlap() { return std::make_unique<WritersOverlap>(); }

}  // namespace bioscope::oracle

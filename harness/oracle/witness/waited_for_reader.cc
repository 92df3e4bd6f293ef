// SPDX-License-Identifier: GPL-2.0-only
// A writer that had its lane already began to write a block only when another task had read it.
#include <unordered_map>
#include <utility>

#include "harness/oracle/btt_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class WaitedForReader final : public Witness {
 public:
  void see(const Step& step) override {
    for (const BttChange& change : model_.apply(step.record)) {
      if (change.access.area != BttAccess::Area::kData) continue;
      const Block block{change.access.arena, change.access.block};
      if (change.kind == BttChange::Kind::kEnded && !change.access.write) {
        // Who waits has taken its lane while this read was under way.
        for (const auto& [tid, task] : model_.tasks())
          if (tid != step.record.tid && task.hold.since > change.access.begin && !task.in_access)
            may_wait_[tid] = block;
      } else if (change.kind == BttChange::Kind::kBegun) {
        const auto waited = may_wait_.find(step.record.tid);
        if (waited == may_wait_.end()) continue;
        if (change.access.write && waited->second == block) ++count_;
        may_wait_.erase(waited);
      }
    }
  }

 private:
  using Block = std::pair<std::uint64_t, std::uint32_t>;  // arena, number

  BttModel model_;
  std::unordered_map<std::uint32_t, Block> may_wait_;  // by task: what was read meanwhile
};

}  // namespace

std::unique_ptr<Witness> make_waited_for_reader() { return std::make_unique<WaitedForReader>(); }

}  // namespace bioscope::oracle

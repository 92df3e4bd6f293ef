// SPDX-License-Identifier: GPL-2.0-only
// The block that a task was reading lost its LBA to a writer meanwhile.
#include "harness/oracle/btt_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class FreedUnderReader final : public Witness {
 public:
  void see(const Step& step) override {
    for (const BttChange& change : model_.apply(step.record)) {
      if (change.kind != BttChange::Kind::kLogged || change.task->hold.since == 0) continue;
      for (const auto& [tid, task] : model_.tasks())
        if (tid != step.record.tid && task.in_access && !task.access.write &&
            task.access.area == BttAccess::Area::kData && task.access.arena == change.log->arena &&
            task.access.block == (change.log->old_map & kBttBlockMask)) {
          ++count_;
          break;
        }
    }
  }

 private:
  BttModel model_;
};

}  // namespace

std::unique_ptr<Witness> make_freed_under_reader() { return std::make_unique<FreedUnderReader>(); }

}  // namespace bioscope::oracle

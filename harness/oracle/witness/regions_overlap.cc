// SPDX-License-Identifier: GPL-2.0-only
// Lanes of two regions were held at the same time.
#include "harness/oracle/btt_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class RegionsOverlap final : public Witness {
 public:
  void see(const Step& step) override {
    for (const BttChange& change : model_.apply(step.record)) {
      if (change.kind != BttChange::Kind::kLaneTaken) continue;
      for (const auto& [tid, task] : model_.tasks())
        if (task.hold.since != 0 && task.hold.region != change.hold.region) {
          ++count_;
          break;
        }
    }
  }

 private:
  BttModel model_;
};

}  // namespace

std::unique_ptr<Witness> make_regions_overlap() { return std::make_unique<RegionsOverlap>(); }

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// One slave has two holders at a time.
#include "harness/oracle/holder_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class SlaveShared final : public Witness {
 public:
  void see(const Step& step) override {
    for (const HolderChange& change : model_.apply(step.record)) {
      if (change.kind != HolderChange::Kind::kLinked || change.pair->count != 1) continue;
      for (const auto& [key, other] : model_.pairs())
        if (other.bdev == change.pair->bdev && other.disk != change.pair->disk && other.count > 0) {
          ++count_;
          break;
        }
    }
  }

 private:
  HolderModel model_;
};

}  // namespace

std::unique_ptr<Witness> make_slave_shared() { return std::make_unique<SlaveShared>(); }

}  // namespace bioscope::oracle

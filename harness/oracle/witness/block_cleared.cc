// SPDX-License-Identifier: GPL-2.0-only
// A free block was zeroed to clear an error of the medium.
#include "harness/oracle/btt_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class BlockCleared final : public Witness {
 public:
  void see(const Step& step) override {
    for (const BttChange& change : model_.apply(step.record))
      if (change.kind == BttChange::Kind::kEnded && change.access.write && change.result == 0 &&
          change.access.area == BttAccess::Area::kData && change.task->clearing != 0)
        ++count_;
  }

 private:
  BttModel model_;
};

}  // namespace

std::unique_ptr<Witness> make_block_cleared() { return std::make_unique<BlockCleared>(); }

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// A partition is claimed, not its whole disk.
#include "harness/oracle/holder_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class PartitionClaimed final : public Witness {
 public:
  void see(const Step& step) override {
    for (const HolderChange& change : model_.apply(step.record))
      if (change.kind == HolderChange::Kind::kClaimed &&
          change.claimed->bdev != change.claimed->whole)
        ++count_;
  }

 private:
  HolderModel model_;
};

}  // namespace

std::unique_ptr<Witness> make_partition_claimed() { return std::make_unique<PartitionClaimed>(); }

}  // namespace bioscope::oracle

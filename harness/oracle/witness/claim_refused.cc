// SPDX-License-Identifier: GPL-2.0-only
// A claim was refused: somebody else has the device.
#include "harness/oracle/holder_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class ClaimRefused final : public Witness {
 public:
  void see(const Step& step) override {
    for (const HolderChange& change : model_.apply(step.record))
      if (change.kind == HolderChange::Kind::kRefused) ++count_;
  }

 private:
  HolderModel model_;
};

}  // namespace

std::unique_ptr<Witness> make_claim_refused() { return std::make_unique<ClaimRefused>(); }

}  // namespace bioscope::oracle

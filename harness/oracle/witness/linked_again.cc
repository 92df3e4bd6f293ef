// SPDX-License-Identifier: GPL-2.0-only
// A pair that had no link left was linked once more.
#include "harness/oracle/holder_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class LinkedAgain final : public Witness {
 public:
  void see(const Step& step) override {
    for (const HolderChange& change : model_.apply(step.record))
      if (change.kind == HolderChange::Kind::kLinked && change.pair->count == 1 &&
          change.pair->times > 1)
        ++count_;
  }

 private:
  HolderModel model_;
};

}  // namespace

std::unique_ptr<Witness> make_linked_again() { return std::make_unique<LinkedAgain>(); }

}  // namespace bioscope::oracle

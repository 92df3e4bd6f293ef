// SPDX-License-Identifier: GPL-2.0-only
// A pair of holder and slave is linked at least twice at a time.
#include "harness/oracle/holder_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class LinkedTwice final : public Witness {
 public:
  void see(const Step& step) override {
    for (const HolderChange& change : model_.apply(step.record))
      if (change.kind == HolderChange::Kind::kLinked && change.pair->count == 2) ++count_;
  }

 private:
  HolderModel model_;
};

}  // namespace

std::unique_ptr<Witness> make_linked_twice() { return std::make_unique<LinkedTwice>(); }

}  // namespace bioscope::oracle

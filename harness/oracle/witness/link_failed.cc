// SPDX-License-Identifier: GPL-2.0-only
// A link failed.
#include "harness/oracle/holder_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class LinkFailed final : public Witness {
 public:
  void see(const Step& step) override {
    for (const HolderChange& change : model_.apply(step.record))
      if (change.kind == HolderChange::Kind::kLinkFailed) ++count_;
  }

 private:
  HolderModel model_;
};

}  // namespace

std::unique_ptr<Witness> make_link_failed() { return std::make_unique<LinkFailed>(); }

}  // namespace bioscope::oracle

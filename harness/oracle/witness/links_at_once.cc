// SPDX-License-Identifier: GPL-2.0-only
// Two tasks link or unlink holders at the same time.
#include "harness/oracle/holder_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class LinksAtOnce final : public Witness {
 public:
  void see(const Step& step) override {
    for (const HolderChange& change : model_.apply(step.record))
      if (change.kind == HolderChange::Kind::kCalled && model_.calls().size() == 2) ++count_;
  }

 private:
  HolderModel model_;
};

}  // namespace

std::unique_ptr<Witness> make_links_at_once() { return std::make_unique<LinksAtOnce>(); }

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// A clone was cloned again: mapped devices are stacked.
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class CloneOfClone final : public Witness {
 public:
  void see(const Step& step) override {
    for (const Change& change : step.changes) {
      if (change.kind != Change::Kind::kCloned) continue;
      const Bio* source = step.model.live(step.model.at(change.bio).source);
      if (source != nullptr && step.model.live(source->source) != nullptr) ++count_;
    }
  }
};

}  // namespace

std::unique_ptr<Witness> make_clone_of_clone() { return std::make_unique<CloneOfClone>(); }

}  // namespace bioscope::oracle

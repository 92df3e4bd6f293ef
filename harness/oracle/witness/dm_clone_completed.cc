// SPDX-License-Identifier: GPL-2.0-only
// A clone that dm handed to a target came back through dm's completion.
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class DmCloneCompleted final : public Witness {
 public:
  void see(const Step& step) override {
    if (step.record.type == BSC_EVENT_DM_CLONE_ENDIO) ++count_;
  }
};

}  // namespace

std::unique_ptr<Witness> make_dm_clone_completed() { return std::make_unique<DmCloneCompleted>(); }

}  // namespace bioscope::oracle

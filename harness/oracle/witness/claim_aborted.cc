// SPDX-License-Identifier: GPL-2.0-only
// A claim that was granted was given up before the device was opened.
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class ClaimAborted final : public Witness {
 public:
  void see(const Step& step) override {
    if (step.record.type == BSC_EVENT_CLAIM_ABORTED) ++count_;
  }
};

}  // namespace

std::unique_ptr<Witness> make_claim_aborted() { return std::make_unique<ClaimAborted>(); }

}  // namespace bioscope::oracle

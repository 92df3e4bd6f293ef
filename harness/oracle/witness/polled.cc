// SPDX-License-Identifier: GPL-2.0-only
// The submitter polled, and that completed its bio of a mapped device.
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class Polled final : public Witness {
 public:
  void see(const Step& step) override {
    if (step.record.type == BSC_EVENT_DM_POLLED) ++count_;
  }
};

}  // namespace

std::unique_ptr<Witness> make_polled() { return std::make_unique<Polled>(); }

}  // namespace bioscope::oracle

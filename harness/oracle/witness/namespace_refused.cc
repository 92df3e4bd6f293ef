// SPDX-License-Identifier: GPL-2.0-only
// A namespace was refused to a device because another one claimed it, or a driver had it.
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class NamespaceRefused final : public Witness {
 public:
  void see(const Step& step) override {
    if (step.record.type != BSC_EVENT_ND_CLAIM) return;
    if (evidence::payload<bsc_event_nd_claim>(step.record).result == 0) ++count_;
  }

 private:
};

}  // namespace

std::unique_ptr<Witness> make_namespace_refused() { return std::make_unique<NamespaceRefused>(); }

}  // namespace bioscope::oracle

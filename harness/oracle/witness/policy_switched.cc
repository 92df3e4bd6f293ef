// SPDX-License-Identifier: GPL-2.0-only
// A policy of the io controller was set on a disk and taken from it while groups came and went.
#include <unordered_set>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class PolicySwitched final : public Witness {
 public:
  void see(const Step& step) override {
    switch (step.record.type) {
      case BSC_EVENT_BLKCG_POLICY_ON:
        on_ = evidence::payload<bsc_event_blkcg_policy_on>(step.record).result == 0;
        break;
      case BSC_EVENT_BLKG_DESTROY:
        if (on_) destroyed_ = true;
        break;
      case BSC_EVENT_BLKCG_POLICY_OFF:
        if (on_ && destroyed_) ++count_;
        on_ = destroyed_ = false;
        break;
      default: break;
    }
  }

 private:
  bool on_ = false;
  bool destroyed_ = false;  // a blkg, since then
};

}  // namespace

std::unique_ptr<Witness> make_policy_switched() { return std::make_unique<PolicySwitched>(); }

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// A target pushed a bio back to dm, to be sent again after the suspend.
#include "harness/oracle/block_status.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class PushedBack final : public Witness {
 public:
  void see(const Step& step) override {
    if (step.record.type == BSC_EVENT_DM_IO_COMPLETE &&
        evidence::payload<bsc_event_dm_io_complete>(step.record).status == kStatusDmRequeue)
      ++count_;
  }
};

}  // namespace

std::unique_ptr<Witness> make_pushed_back() { return std::make_unique<PushedBack>(); }

}  // namespace bioscope::oracle

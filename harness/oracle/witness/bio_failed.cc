// SPDX-License-Identifier: GPL-2.0-only
// A bio completed with an error.
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class BioFailed final : public Witness {
 public:
  void see(const Step& step) override {
    if (step.record.type == BSC_EVENT_BIO_ENDIO &&
        evidence::payload<bsc_event_bio_endio>(step.record).status != 0)
      ++count_;
  }
};

}  // namespace

std::unique_ptr<Witness> make_bio_failed() { return std::make_unique<BioFailed>(); }

}  // namespace bioscope::oracle

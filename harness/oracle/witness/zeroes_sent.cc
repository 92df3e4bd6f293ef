// SPDX-License-Identifier: GPL-2.0-only
// dm sent a write of zeroes down, which carries no data.
#include "harness/oracle/bio_op.h"
#include "harness/oracle/dm_descent.h"

namespace bioscope::oracle {
namespace {

class ZeroesSent final : public Witness {
 public:
  void see(const Step& step) override {
    descent_.see(step);
    if (step.record.type != BSC_EVENT_BIO_SUBMIT) return;
    const auto& event = evidence::payload<bsc_event_bio_submit>(step.record);
    const Index index = step.model.index(event.bio);
    if ((event.opf & kOperation) != kWriteZeroes || index == kNoIndex) return;
    const auto* from = descent_.from(step.model, index);
    if (from != nullptr && from->device != event.dev) ++count_;
  }

 private:
  DmDescent descent_;
};

}  // namespace

std::unique_ptr<Witness> make_zeroes_sent() { return std::make_unique<ZeroesSent>(); }

}  // namespace bioscope::oracle

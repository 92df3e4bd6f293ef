// SPDX-License-Identifier: GPL-2.0-only
// dm sent a write down that has to be on the medium when it completes, and said so.
#include "harness/oracle/bio_op.h"
#include "harness/oracle/dm_descent.h"

namespace bioscope::oracle {
namespace {

class FuaSent final : public Witness {
 public:
  void see(const Step& step) override {
    descent_.see(step);
    if (step.record.type != BSC_EVENT_BIO_SUBMIT) return;
    const auto& event = evidence::payload<bsc_event_bio_submit>(step.record);
    if ((event.opf & kOperation) != kWrite || event.size == 0 || (event.opf & kFua) == 0) return;
    const Index index = step.model.index(event.bio);
    const auto* from = index == kNoIndex ? nullptr : descent_.from(step.model, index);
    if (from != nullptr && from->device != event.dev && descent_.flush_seen(from->device) != 0)
      ++count_;
  }

 private:
  DmDescent descent_;
};

}  // namespace

std::unique_ptr<Witness> make_fua_sent() { return std::make_unique<FuaSent>(); }

}  // namespace bioscope::oracle

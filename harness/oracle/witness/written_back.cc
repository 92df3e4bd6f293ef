// SPDX-License-Identifier: GPL-2.0-only
// A worker of the kernel's wrote on nobody's behalf, and a group was charged for it: writeback of
// what the group had dirtied.
#include <string_view>

#include "harness/oracle/oracles.h"
#include "harness/oracle/served_bio.h"

namespace bioscope::oracle {
namespace {

class WrittenBack final : public Witness {
 public:
  void see(const Step& step) override {
    served_.see(step);
    if (step.record.type != BSC_EVENT_BIO_CHARGE) return;
    const auto& event = evidence::payload<bsc_event_bio_charge>(step.record);
    const Index bio = step.model.index(event.bio);
    if (bio != kNoIndex && (event.flags & BSC_CSS_ROOT) == 0 && event.size != 0 &&
        evidence::text(step.record.comm).starts_with("kworker") &&
        served_.all_above(step.model, bio).empty())
      ++count_;
  }

 private:
  ServedBios served_;
};

}  // namespace

std::unique_ptr<Witness> make_written_back() { return std::make_unique<WrittenBack>(); }

}  // namespace bioscope::oracle

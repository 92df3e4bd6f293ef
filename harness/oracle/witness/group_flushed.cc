// SPDX-License-Identifier: GPL-2.0-only
// A flush without data went down for one of a group.
#include "harness/oracle/oracles.h"
#include "harness/oracle/served_bio.h"

namespace bioscope::oracle {
namespace {

class GroupFlushed final : public Witness {
 public:
  void see(const Step& step) override {
    served_.see(step);
    if (step.record.type != BSC_EVENT_BIO_CHARGE) return;
    const auto& event = evidence::payload<bsc_event_bio_charge>(step.record);
    const Index bio = step.model.index(event.bio);
    if (bio != kNoIndex && event.size == 0 && (event.flags & BSC_CSS_ROOT) == 0 &&
        !served_.all_above(step.model, bio).empty())
      ++count_;
  }

 private:
  ServedBios served_;
};

}  // namespace

std::unique_ptr<Witness> make_group_flushed() { return std::make_unique<GroupFlushed>(); }

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// The css of a group that bios were charged to was freed.
#include <unordered_set>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class GroupFreed final : public Witness {
 public:
  void see(const Step& step) override {
    if (step.record.type == BSC_EVENT_BIO_CHARGE)
      charged_.insert(evidence::payload<bsc_event_bio_charge>(step.record).css);
    else if (step.record.type == BSC_EVENT_CSS_ONLINE)
      charged_.erase(evidence::payload<bsc_event_css_online>(step.record).css);
    else if (step.record.type == BSC_EVENT_CSS_FREE)
      count_ += charged_.erase(evidence::payload<bsc_event_css_free>(step.record).css);
  }

 private:
  std::unordered_set<std::uint64_t> charged_;
};

}  // namespace

std::unique_ptr<Witness> make_group_freed() { return std::make_unique<GroupFreed>(); }

}  // namespace bioscope::oracle

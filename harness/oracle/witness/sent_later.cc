// SPDX-License-Identifier: GPL-2.0-only
// A target kept a clone, and another task than the one that had brought it sent it down, or sent a
// bio of the target's on its behalf.
#include <unordered_map>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class SentLater final : public Witness {
 public:
  void see(const Step& step) override {
    if (step.record.type == BSC_EVENT_DM_MAP) {
      brought_[evidence::payload<bsc_event_dm_map>(step.record).clone] = step.record.tid;
    } else if (step.record.type == BSC_EVENT_DM_REMAP) {
      const auto found = brought_.find(evidence::payload<bsc_event_dm_remap>(step.record).clone);
      if (found == brought_.end()) return;
      if (found->second != step.record.tid) ++count_;
      brought_.erase(found);
    }
  }

 private:
  std::unordered_map<std::uint64_t, std::uint32_t> brought_;  // clones, and by which task
};

}  // namespace

std::unique_ptr<Witness> make_sent_later() { return std::make_unique<SentLater>(); }

}  // namespace bioscope::oracle

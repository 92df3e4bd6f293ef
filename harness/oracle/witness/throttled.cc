// SPDX-License-Identifier: GPL-2.0-only
// A bio of a group was held back: it went on in another task than the one that submitted it.
#include <unordered_map>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class Throttled final : public Witness {
 public:
  void see(const Step& step) override {
    if (step.record.type == BSC_EVENT_BIO_SUBMIT) {
      submitter_[evidence::payload<bsc_event_bio_submit>(step.record).bio] = step.record.tid;
    } else if (step.record.type == BSC_EVENT_BIO_CHARGE) {
      const auto& event = evidence::payload<bsc_event_bio_charge>(step.record);
      const auto found = submitter_.find(event.bio);
      if (found == submitter_.end()) return;
      if (found->second != step.record.tid && (event.flags & BSC_CSS_ROOT) == 0) ++count_;
      submitter_.erase(found);
    }
  }

 private:
  std::unordered_map<std::uint64_t, std::uint32_t> submitter_;  // by bio
};

}  // namespace

std::unique_ptr<Witness> make_throttled() { return std::make_unique<Throttled>(); }

}  // namespace bioscope::oracle

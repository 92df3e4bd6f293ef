// SPDX-License-Identifier: GPL-2.0-only
// A bio was allocated and freed, and never submitted: who made it could not go on with it. A clone
// may serve by its master's data alone.
#include <unordered_set>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class BioGivenUp final : public Witness {
 public:
  void see(const Step& step) override {
    switch (step.record.type) {
      case BSC_EVENT_BIO_ALLOC:
        unsent_.insert(evidence::payload<bsc_event_bio_alloc>(step.record).bio);
        break;
      case BSC_EVENT_BIO_CLONE:
        unsent_.erase(evidence::payload<bsc_event_bio_clone>(step.record).clone);
        break;
      case BSC_EVENT_BIO_SUBMIT:
        unsent_.erase(evidence::payload<bsc_event_bio_submit>(step.record).bio);
        break;
      case BSC_EVENT_BIO_FREE:
        count_ += unsent_.erase(evidence::payload<bsc_event_bio_free>(step.record).bio);
        break;
      default: break;
    }
  }

 private:
  std::unordered_set<std::uint64_t> unsent_;
};

}  // namespace

std::unique_ptr<Witness> make_bio_given_up() { return std::make_unique<BioGivenUp>(); }

}  // namespace bioscope::oracle

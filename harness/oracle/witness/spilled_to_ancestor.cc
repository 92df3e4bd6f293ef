// SPDX-License-Identifier: GPL-2.0-only
// A bio that was to be charged to a dying group got the blkg of one above it.
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class SpilledToAncestor final : public Witness {
 public:
  void see(const Step& step) override {
    if (step.record.type != BSC_EVENT_BIO_ASSOCIATE) return;
    const auto& event = evidence::payload<bsc_event_bio_associate>(step.record);
    if ((event.asked_flags & BSC_CSS_DYING) != 0 && event.css != event.asked) ++count_;
  }
};

}  // namespace

std::unique_ptr<Witness> make_spilled_to_ancestor() {
  return std::make_unique<SpilledToAncestor>();
}

}  // namespace bioscope::oracle

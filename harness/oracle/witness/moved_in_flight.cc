// SPDX-License-Identifier: GPL-2.0-only
// A task's bio was charged to another group than its bio before, which was still in flight.
#include <unordered_map>

#include "harness/oracle/oracles.h"
#include "harness/oracle/served_bio.h"

namespace bioscope::oracle {
namespace {

class MovedInFlight final : public Witness {
 public:
  void see(const Step& step) override {
    served_.see(step);
    if (step.record.type != BSC_EVENT_BIO_CHARGE) return;
    const auto& event = evidence::payload<bsc_event_bio_charge>(step.record);
    const Index index = step.model.index(event.bio);
    // What a worker sends for others says nothing of where the worker is.
    if (index == kNoIndex || !served_.all_above(step.model, index).empty()) return;
    Last& last = tasks_[step.record.tid];
    const Bio* before = step.model.live(last.bio);
    if (before != nullptr && before->state == BioState::kSubmitted && last.css != event.css)
      ++count_;
    last = {step.model.ref(index), event.css};
  }

 private:
  struct Last {
    Ref bio{};
    std::uint64_t css = 0;
  };

  ServedBios served_;
  std::unordered_map<std::uint32_t, Last> tasks_;
};

}  // namespace

std::unique_ptr<Witness> make_moved_in_flight() { return std::make_unique<MovedInFlight>(); }

}  // namespace bioscope::oracle

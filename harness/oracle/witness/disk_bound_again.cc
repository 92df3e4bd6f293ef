// SPDX-License-Identifier: GPL-2.0-only
// A queue got a root blkg for the second time: another disk was bound to it.
#include <unordered_set>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class DiskBoundAgain final : public Witness {
 public:
  void see(const Step& step) override {
    if (step.record.type == BSC_EVENT_BLKG_CREATE) {
      const auto& event = evidence::payload<bsc_event_blkg_create>(step.record);
      if (event.parent_css != 0 || event.result != 0) return;
      if (left_.contains(event.queue)) ++count_;
      roots_.insert(event.blkg);
    } else if (step.record.type == BSC_EVENT_BLKG_DESTROY) {
      const auto& event = evidence::payload<bsc_event_blkg_destroy>(step.record);
      if (roots_.erase(event.blkg) != 0) left_.insert(event.queue);
    }
  }

 private:
  std::unordered_set<std::uint64_t> roots_;
  std::unordered_set<std::uint64_t> left_;  // queues whose root was destroyed
};

}  // namespace

std::unique_ptr<Witness> make_disk_bound_again() { return std::make_unique<DiskBoundAgain>(); }

}  // namespace bioscope::oracle

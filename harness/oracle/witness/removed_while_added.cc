// SPDX-License-Identifier: GPL-2.0-only
// Devices began to be taken away while one of the same parent waited to be added.
#include <unordered_map>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class RemovedWhileAdded final : public Witness {
 public:
  void see(const Step& step) override {
    const bsc_record& record = step.record;
    if (record.type == BSC_EVENT_ND_REGISTER) {
      const auto& event = evidence::payload<bsc_event_nd_register>(record);
      open_[event.device] = event.parent;
    } else if (record.type == BSC_EVENT_ND_ADDED) {
      open_.erase(evidence::payload<bsc_event_nd_added>(record).device);
    } else if (record.type == BSC_EVENT_ND_UNREGISTER || record.type == BSC_EVENT_ND_UNBIND) {
      const auto& event = evidence::payload<bsc_event_nd_register>(record);
      for (const auto& [device, parent] : open_)
        if (parent == event.parent || parent == event.device || device == event.device) {
          ++count_;
          break;
        }
    }
  }

 private:
  std::unordered_map<std::uint64_t, std::uint64_t> open_;  // by device: its parent
};

}  // namespace

std::unique_ptr<Witness> make_removed_while_added() {
  return std::make_unique<RemovedWhileAdded>();
}

}  // namespace bioscope::oracle

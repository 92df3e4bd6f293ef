// SPDX-License-Identifier: GPL-2.0-only
// A bio was submitted to a suspended mapped device, and went to a target that the table before the
// suspend did not have.
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class WaitedForTable final : public Witness {
 public:
  void see(const Step& step) override {
    if (step.record.type == BSC_EVENT_DM_SUSPENDED) {
      const auto& event = evidence::payload<bsc_event_dm_suspended>(step.record);
      if (event.result != 0) return;
      Device& device = devices_[event.dev];
      device.suspended = true;
      device.old = std::exchange(device.targets, {});
    } else if (step.record.type == BSC_EVENT_DM_RESUME) {
      devices_[evidence::payload<bsc_event_dm_resume>(step.record).dev].suspended = false;
    } else if (step.record.type == BSC_EVENT_DM_MAP) {
      mapped(step, evidence::payload<bsc_event_dm_map>(step.record));
    }
    for (const Change& change : step.changes) {
      const Bio& bio = step.model.at(change.bio);
      if (change.kind == Change::Kind::kSubmitted && devices_[bio.dev].suspended)
        waiting_[change.bio] = bio.generation;
    }
  }

 private:
  struct Device {
    bool suspended = false;
    std::unordered_set<std::uint64_t> targets;  // since the last suspend
    std::unordered_set<std::uint64_t> old;      // of the table before it
  };

  void mapped(const Step& step, const bsc_event_dm_map& event) {
    Device& device = devices_[event.dev];
    device.targets.insert(event.target);
    const Bio* clone = step.model.current(event.clone);
    if (clone == nullptr) return;
    const auto found = waiting_.find(clone->master.bio);
    if (found == waiting_.end()) return;
    if (found->second == clone->master.generation && !device.old.contains(event.target)) ++count_;
    waiting_.erase(found);
  }

  std::unordered_map<std::uint32_t, Device> devices_;  // by number
  std::unordered_map<Index, std::uint32_t> waiting_;   // masters and their generations
};

}  // namespace

std::unique_ptr<Witness> make_waited_for_table() { return std::make_unique<WaitedForTable>(); }

}  // namespace bioscope::oracle

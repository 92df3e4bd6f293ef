// SPDX-License-Identifier: GPL-2.0-only
// A bio was submitted before a mapped device was resumed, and went afterwards to a target that the
// table before the suspend did not have.
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
      Device& device = devices_[event.dev];
      if (event.result == 0) device.old = std::exchange(device.targets, {});
    } else if (step.record.type == BSC_EVENT_DM_RESUME) {
      ++devices_[evidence::payload<bsc_event_dm_resume>(step.record).dev].resumes;
    } else if (step.record.type == BSC_EVENT_DM_MAP) {
      mapped(step, evidence::payload<bsc_event_dm_map>(step.record));
    }
    for (const Change& change : step.changes)
      if (change.kind == Change::Kind::kSubmitted) submitted(step.model, change.bio);
  }

 private:
  struct Device {
    unsigned resumes = 0;
    std::unordered_set<std::uint64_t> targets;  // since the last suspend
    std::unordered_set<std::uint64_t> old;      // of the table before it
  };
  struct Waiting {
    std::uint32_t generation = 0;
    unsigned resumes = 0;  // of its device, when it came
  };

  // dm submits once more what has waited.
  void submitted(const BioModel& model, Index index) {
    const Bio& bio = model.at(index);
    const auto [found, fresh] = waiting_.try_emplace(index);
    if (fresh || found->second.generation != bio.generation)
      found->second = {bio.generation, devices_[bio.dev].resumes};
  }

  void mapped(const Step& step, const bsc_event_dm_map& event) {
    Device& device = devices_[event.dev];
    device.targets.insert(event.target);
    const Bio* clone = step.model.current(event.clone);
    if (clone == nullptr) return;
    const auto found = waiting_.find(clone->master.bio);
    if (found == waiting_.end()) return;
    if (found->second.generation == clone->master.generation &&
        found->second.resumes != device.resumes && !device.old.contains(event.target))
      ++count_;
    waiting_.erase(found);
  }

  std::unordered_map<std::uint32_t, Device> devices_;  // by number
  std::unordered_map<Index, Waiting> waiting_;         // by master
};

}  // namespace

std::unique_ptr<Witness> make_waited_for_table() { return std::make_unique<WaitedForTable>(); }

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// A group was removed, or lost the io controller, while a bio that was charged to it was in flight.
#include <unordered_map>
#include <unordered_set>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class GroupGoneInFlight final : public Witness {
 public:
  void see(const Step& step) override {
    for (const Change& change : step.changes) {
      if (change.kind != Change::Kind::kCompleted && change.kind != Change::Kind::kFreed) continue;
      const auto found = flying_.find(change.bio);
      if (found == flying_.end()) continue;
      --in_flight_[found->second];
      flying_.erase(found);
    }
    if (step.record.type == BSC_EVENT_BIO_CHARGE) {
      const auto& event = evidence::payload<bsc_event_bio_charge>(step.record);
      const Index bio = step.model.index(event.bio);
      if (bio != kNoIndex && flying_.try_emplace(bio, event.css).second) ++in_flight_[event.css];
    } else if (step.record.type == BSC_EVENT_CSS_ONLINE) {
      gone_.erase(evidence::payload<bsc_event_css_online>(step.record).css);
    } else if (step.record.type == BSC_EVENT_CGROUP_RMDIR) {
      gone(evidence::payload<bsc_event_cgroup_rmdir>(step.record).css);
    } else if (step.record.type == BSC_EVENT_CSS_KILLED_REF) {
      gone(evidence::payload<bsc_event_css_killed_ref>(step.record).css);
    }
  }

 private:
  void gone(std::uint64_t css) {
    if (!gone_.insert(css).second) return;
    const auto found = in_flight_.find(css);
    if (found != in_flight_.end() && found->second > 0) ++count_;
  }

  std::unordered_map<Index, std::uint64_t> flying_;  // bios, and the css of each
  std::unordered_map<std::uint64_t, std::int64_t> in_flight_;
  std::unordered_set<std::uint64_t> gone_;
};

}  // namespace

std::unique_ptr<Witness> make_group_gone_in_flight() {
  return std::make_unique<GroupGoneInFlight>();
}

}  // namespace bioscope::oracle

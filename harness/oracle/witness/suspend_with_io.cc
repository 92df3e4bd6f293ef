// SPDX-License-Identifier: GPL-2.0-only
// A bio was submitted to a mapped device while that was being suspended or was suspended, and
// completed later.
#include <unordered_map>
#include <unordered_set>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class SuspendWithIo final : public Witness {
 public:
  void see(const Step& step) override {
    if (step.record.type == BSC_EVENT_MARK) {
      const auto& mark = evidence::payload<bsc_event_mark>(step.record);
      if (mark.kind == BSC_MARK_SUSPEND_BEGIN) suspended_.insert(mark.arg);
      if (mark.kind == BSC_MARK_RESUME_END) suspended_.erase(mark.arg);
    }
    for (const Change& change : step.changes) {
      const Bio& bio = step.model.at(change.bio);
      if (change.kind == Change::Kind::kSubmitted && suspended_.contains(bio.dev)) {
        waiting_[change.bio] = bio.generation;
      } else if (change.kind == Change::Kind::kCompleted) {
        const auto found = waiting_.find(change.bio);
        if (found == waiting_.end()) continue;
        if (found->second == bio.generation) ++count_;
        waiting_.erase(found);
      }
    }
  }

 private:
  std::unordered_set<std::uint64_t> suspended_;       // devices
  std::unordered_map<Index, std::uint32_t> waiting_;  // bios and their generations
};

}  // namespace

std::unique_ptr<Witness> make_suspend_with_io() { return std::make_unique<SuspendWithIo>(); }

}  // namespace bioscope::oracle

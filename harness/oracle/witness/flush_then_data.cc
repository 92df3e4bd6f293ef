// SPDX-License-Identifier: GPL-2.0-only
// dm sent a master's preflush on its own and then the same master again for its data: two
// generations of dm_io for one submission.
#include <unordered_map>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class FlushThenData final : public Witness {
 public:
  void see(const Step& step) override {
    for (const Change& change : step.changes) {
      if (change.kind != Change::Kind::kMapped) continue;
      const Bio& clone = step.model.at(change.bio);
      if (step.model.live(clone.master) == nullptr) continue;
      const auto& event = evidence::payload<bsc_event_dm_map>(step.record);
      if (event.size == 0) {
        flushed_[clone.master.bio] = clone.master.generation;
        continue;
      }
      const auto found = flushed_.find(clone.master.bio);
      if (found == flushed_.end()) continue;
      if (found->second == clone.master.generation) ++count_;
      flushed_.erase(found);
    }
  }

 private:
  std::unordered_map<Index, std::uint32_t> flushed_;  // masters whose preflush was mapped
};

}  // namespace

std::unique_ptr<Witness> make_flush_then_data() { return std::make_unique<FlushThenData>(); }

}  // namespace bioscope::oracle

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
    // A flush may go down without the target's map, so its return is what tells of it.
    if (step.record.type == BSC_EVENT_DM_CLONE_ENDIO) {
      const auto& event = evidence::payload<bsc_event_dm_clone_endio>(step.record);
      const Bio* clone = step.model.current(event.clone);
      const Bio* master = step.model.current(event.master);
      if (clone == nullptr || master == nullptr) return;
      if (clone->submitted != 0 && clone->size == 0 && master->size != 0)
        flushed_[event.master] = master->generation;
    } else if (step.record.type == BSC_EVENT_DM_MAP) {
      const auto& event = evidence::payload<bsc_event_dm_map>(step.record);
      const auto found = flushed_.find(event.master);
      if (event.size == 0 || found == flushed_.end()) return;
      if (found->second == step.model.current(event.master)->generation) ++count_;
      flushed_.erase(found);
    }
  }

 private:
  std::unordered_map<std::uint64_t, std::uint32_t> flushed_;  // masters whose preflush came back
};

}  // namespace

std::unique_ptr<Witness> make_flush_then_data() { return std::make_unique<FlushThenData>(); }

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// Of the clones of one master one failed and another did not.
#include <unordered_map>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class PartFailed final : public Witness {
 public:
  void see(const Step& step) override {
    if (step.record.type != BSC_EVENT_DM_CLONE_ENDIO) return;
    const auto& event = evidence::payload<bsc_event_dm_clone_endio>(step.record);
    const Bio* clone = step.model.current(event.clone);
    if (clone == nullptr || step.model.live(clone->master) == nullptr) return;
    Parts& parts = parts_[clone->master.bio];
    if (parts.generation != clone->master.generation)
      parts = {.generation = clone->master.generation};
    const bool both = parts.failed && parts.done;
    (event.status != 0 ? parts.failed : parts.done) = true;
    if (!both && parts.failed && parts.done) ++count_;
  }

 private:
  struct Parts {
    std::uint32_t generation = 0;  // of the master
    bool failed = false;
    bool done = false;
  };
  std::unordered_map<Index, Parts> parts_;  // by master
};

}  // namespace

std::unique_ptr<Witness> make_part_failed() { return std::make_unique<PartFailed>(); }

}  // namespace bioscope::oracle

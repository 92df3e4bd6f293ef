// SPDX-License-Identifier: GPL-2.0-only
// A bio went down for another one that was charged to a group of its own, not the root, and was
// charged to the same.
#include <unordered_map>

#include "harness/oracle/oracles.h"
#include "harness/oracle/served_bio.h"

namespace bioscope::oracle {
namespace {

class ChargedToGroup final : public Witness {
 public:
  explicit ChargedToGroup(bool by_another) : by_another_(by_another) {}

  void see(const Step& step) override {
    served_.see(step);
    if (step.record.type != BSC_EVENT_BIO_CHARGE) return;
    const auto& event = evidence::payload<bsc_event_bio_charge>(step.record);
    const Index bio = step.model.index(event.bio);
    if (bio == kNoIndex) return;
    for (const Ref& above : served_.all_above(step.model, bio)) {
      const auto found = charges_.find(above.bio);
      if (found == charges_.end() || found->second.generation != above.generation) continue;
      if ((event.flags & BSC_CSS_ROOT) == 0 && event.css == found->second.css &&
          (!by_another_ || found->second.tid != step.record.tid))
        ++count_;
      break;
    }
    charges_[bio] = {step.model.at(bio).generation, event.css, step.record.tid};
  }

 private:
  struct Charge {
    std::uint32_t generation = 0;
    std::uint64_t css = 0;
    std::uint32_t tid = 0;
  };

  bool by_another_;
  ServedBios served_;
  std::unordered_map<Index, Charge> charges_;
};

}  // namespace

std::unique_ptr<Witness> make_charged_to_group() { return std::make_unique<ChargedToGroup>(false); }
std::unique_ptr<Witness> make_charged_by_another_task() {
  return std::make_unique<ChargedToGroup>(true);
}

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// A namespace got a table again after one had been detached from it.
#include <unordered_set>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class TableAttachedAgain final : public Witness {
 public:
  void see(const Step& step) override {
    const bsc_record& record = step.record;
    if (record.type == BSC_EVENT_BTT_DETACH) {
      detached_.insert(evidence::payload<bsc_event_btt_attached>(record).ndns);
    } else if (record.type == BSC_EVENT_BTT_ATTACHED) {
      const auto& event = evidence::payload<bsc_event_btt_attached>(record);
      if (event.result == 0 && detached_.erase(event.ndns) != 0) ++count_;
    }
  }

 private:
  std::unordered_set<std::uint64_t> detached_;  // namespaces
};

}  // namespace

std::unique_ptr<Witness> make_table_attached_again() {
  return std::make_unique<TableAttachedAgain>();
}

}  // namespace bioscope::oracle

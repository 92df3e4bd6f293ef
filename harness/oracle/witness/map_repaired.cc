// SPDX-License-Identifier: GPL-2.0-only
// Attaching a table, an entry of the map was written that the log had and the map had not.
#include <unordered_set>
#include <vector>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class MapRepaired final : public Witness {
 public:
  void see(const Step& step) override {
    const bsc_record& record = step.record;
    if (record.type == BSC_EVENT_LANE_TAKEN) {
      held_.insert(record.tid);
    } else if (record.type == BSC_EVENT_LANE_RELEASED) {
      held_.erase(record.tid);
    } else if (record.type == BSC_EVENT_NSIO_WROTE) {
      const auto& event = evidence::payload<bsc_event_nsio_got>(record);
      if (event.size == kEntryBytes && event.result == 0 && !held_.contains(record.tid))
        written_.push_back(event);
    } else if (record.type == BSC_EVENT_BTT_ARENA) {
      const auto& arena = evidence::payload<bsc_event_btt_arena>(record);
      for (const bsc_event_nsio_got& event : written_)
        if (event.ndns == arena.ndns && event.offset >= arena.map && event.offset < arena.log)
          ++count_;
      written_.clear();
    }
  }

 private:
  static constexpr std::uint32_t kEntryBytes = 4;

  std::unordered_set<std::uint32_t> held_;  // tasks that hold a lane
  std::vector<bsc_event_nsio_got> written_;
};

}  // namespace

std::unique_ptr<Witness> make_map_repaired() { return std::make_unique<MapRepaired>(); }

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// A task wanted a lane that another one held, and got it when that one had released it.
#include <map>
#include <unordered_map>
#include <utility>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class LaneWaited final : public Witness {
 public:
  void see(const Step& step) override {
    const bsc_record& record = step.record;
    if (record.type == BSC_EVENT_LANE_WANTED) {
      const auto& event = evidence::payload<bsc_event_lane_wanted>(record);
      // The lane is the CPU's.
      const auto held = holders_.find({event.region, record.cpu});
      if (held != holders_.end() && held->second != record.tid)
        waits_[record.tid] = {event.region, record.cpu};
    } else if (record.type == BSC_EVENT_LANE_TAKEN) {
      const auto& event = evidence::payload<bsc_event_lane_taken>(record);
      if (const auto wait = waits_.find(record.tid); wait != waits_.end()) {
        if (wait->second == Lane{event.region, event.lane}) ++count_;
        waits_.erase(wait);
      }
      holders_[{event.region, event.lane}] = record.tid;
    } else if (record.type == BSC_EVENT_LANE_RELEASED) {
      const auto& event = evidence::payload<bsc_event_lane_released>(record);
      holders_.erase({event.region, event.lane});
    }
  }

 private:
  using Lane = std::pair<std::uint64_t, std::uint32_t>;  // region, number

  std::map<Lane, std::uint32_t> holders_;          // tasks
  std::unordered_map<std::uint32_t, Lane> waits_;  // by task
};

}  // namespace

std::unique_ptr<Witness> make_lane_waited() { return std::make_unique<LaneWaited>(); }

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
#include "harness/verdict/fault_record.h"

#include <algorithm>

#include "harness/evidence/schema.h"

namespace bioscope::verdict {
namespace {

// Why a fault that was armed never fired.
std::string why_not(const wire::Fault& fault, const wire::FaultCount* count,
                    std::uint64_t over_budget) {
  if (over_budget != 0) return "the budget of all waits was spent";
  if (count == nullptr) return "its site shows no call in the record";
  if (count->reached == 0) return fmt::format("nothing came to {}", fault.at.hook);
  if (count->hits == 0)
    return fmt::format("none of {} calls of {} passed its filters", count->reached, fault.at.hook);
  return fmt::format("{} of {} calls of {} passed its filters, and hit {} was to be the first",
                     count->hits, count->reached, fault.at.hook, fault.hit);
}

}  // namespace

void FaultRecord::see(const bsc_record& record) {
  if (record.type != BSC_EVENT_FAULT) return;
  const auto& event = evidence::payload<bsc_event_fault>(record);
  Tally& tally = tallies_[event.entry];
  auto& open = open_[{event.entry, record.tid}];
  const auto close = [&] {
    waited_ += event.waited;
    if (open.empty()) return;
    waits_[open.back()].until = record.time;
    open.pop_back();
  };
  switch (event.step) {
    case BSC_FAULT_ARRIVE:
      ++tally.fired;
      open.push_back(waits_.size());
      waits_.push_back({.since = record.time});
      break;
    case BSC_FAULT_RELEASE:
      ++tally.released;
      close();
      break;
    case BSC_FAULT_TIMEOUT:
      ++tally.timed_out;
      close();
      break;
    case BSC_FAULT_FAIL: ++tally.fired; break;
    case BSC_FAULT_OVER_BUDGET: ++tally.over_budget; break;
    default: break;
  }
}

std::vector<FaultResult> FaultRecord::results(const evidence::Trial& trial,
                                              const evidence::Account& account) const {
  std::vector<FaultResult> results;
  for (std::size_t entry = 0; entry < trial.faults.size(); ++entry) {
    const wire::Fault& fault = trial.faults[entry];
    FaultResult result{.fault = fault.name};
    if (const auto tally = tallies_.find(static_cast<std::uint32_t>(entry));
        tally != tallies_.end()) {
      result.fired = tally->second.fired;
      result.released = tally->second.released;
      result.timed_out = tally->second.timed_out;
      result.over_budget = tally->second.over_budget;
    }
    const wire::FaultCount* count = nullptr;
    if (account.loss && entry < account.loss->faults.size()) {
      count = &account.loss->faults[entry];
      // A record that found no room took place all the same.
      result.fired = std::max(result.fired, count->fired);
      result.over_budget = std::max(result.over_budget, count->over_budget);
    }
    const wire::FaultArmed* armed = nullptr;
    if (account.armed && entry < account.armed->faults.size())
      armed = &account.armed->faults[entry];
    if (result.fired == 0 && (armed == nullptr || !armed->armed))
      result.doubt = fmt::format("planned fault \"{}\" was not armed: {}", fault.name,
                                 armed != nullptr ? armed->why : "arming never came about");
    else if (result.fired == 0)
      result.doubt = fmt::format("planned fault \"{}\" never fired: {}", fault.name,
                                 why_not(fault, count, result.over_budget));
    results.push_back(std::move(result));
  }
  return results;
}

bool FaultRecord::waited_at(double kernel_seconds, double slack) const {
  if (kernel_seconds < 0) return !waits_.empty();
  return std::ranges::any_of(waits_, [&](const Wait& wait) {
    return static_cast<double>(wait.since) / 1e9 <= kernel_seconds + slack &&
           static_cast<double>(wait.until) / 1e9 >= kernel_seconds - slack;
  });
}

}  // namespace bioscope::verdict

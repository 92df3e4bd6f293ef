// SPDX-License-Identifier: GPL-2.0-only
// FaultRecord: what the planned faults of one trial did, out of its records and the agent's
// account. A fault that was planned and did nothing shows nothing; a task that one held up may look
// like a kernel that hangs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bioscope/event.h"
#include "harness/evidence/account.h"
#include "harness/evidence/trial.h"
#include "harness/verdict/verdict.h"

namespace bioscope::verdict {

class FaultRecord {
 public:
  void see(const bsc_record& record);

  // In the order of the plan.
  std::vector<FaultResult> results(const evidence::Trial& trial,
                                   const evidence::Account& account) const;
  bool fired() const { return !tallies_.empty(); }
  std::uint64_t waited() const { return waited_; }  // ns, of all waits together
  // Whether a fault made a task wait when the kernel wrote a line of that time, or just before;
  // `slack` is in seconds. A line without a time may be of any.
  bool waited_at(double kernel_seconds, double slack) const;

 private:
  struct Tally {
    std::uint64_t fired = 0;
    std::uint64_t released = 0;
    std::uint64_t timed_out = 0;
    std::uint64_t over_budget = 0;
  };
  struct Wait {
    std::uint64_t since = 0;  // guest's ns
    std::uint64_t until = UINT64_MAX;
  };

  std::map<std::uint32_t, Tally> tallies_;  // by entry of the plan
  std::vector<Wait> waits_;
  // By entry and task; an interrupt may wait on top of the task that it interrupted.
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<std::size_t>> open_;
  std::uint64_t waited_ = 0;
};

}  // namespace bioscope::verdict

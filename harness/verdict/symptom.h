// SPDX-License-Identifier: GPL-2.0-only
// Symptoms: the table of docs/verdicts.md, from what the runner saw from outside, what the agent
// said and what the console shows, to findings (the kernel), infra (we) and doubts (nobody knows).
#pragma once

#include <string>
#include <vector>

#include "harness/evidence/account.h"
#include "harness/evidence/console.h"
#include "harness/evidence/session.h"
#include "harness/verdict/fault_record.h"
#include "harness/verdict/verdict.h"

namespace bioscope::verdict {

struct Symptoms {
  std::vector<Finding> findings{};
  std::vector<std::string> infra{};   // one sentence each
  std::vector<std::string> doubts{};  // why this shows nothing
  OracleState console_state = OracleState::kSatisfied;
  std::string console_reason{};
};

// `faults` may have brought about what looks like a fault of the kernel; `errors_excused` if they
// made I/O fail that the workload does not expect to.
Symptoms read_symptoms(const evidence::Session& session, const evidence::Account& account,
                       const evidence::Console& console, const FaultRecord& faults = {},
                       bool errors_excused = false);

}  // namespace bioscope::verdict

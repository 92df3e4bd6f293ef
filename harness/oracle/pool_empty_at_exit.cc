// SPDX-License-Identifier: GPL-2.0-only
// D6: when a bioset is torn down, no bio that came from it is alive.
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class PoolEmptyAtExit final : public Oracle {
 public:
  void see(const Step& step) override {
    if (step.record.type != BSC_EVENT_BIOSET_EXIT) return;
    const auto& event = evidence::payload<bsc_event_bioset_exit>(step.record);
    for (const Bio& bio : step.model.bios()) {
      if (!bio.pooled || bio.bioset != event.bioset || bio.state == BioState::kFreed) continue;
      report({.oracle = "pool_empty_at_exit",
              .kind = bio.state == BioState::kSubmitted ? "pool_exit_in_flight" : "pool_exit_alive",
              .summary = fmt::format("bioset {:#x} was torn down at {} while its bio {:#x}, born "
                                     "at {}, was {}",
                                     event.bioset, step.record.order, bio.address, bio.born,
                                     bio.state == BioState::kSubmitted ? "in flight" : "not freed"),
              .object = bio.address,
              .order = step.record.order,
              .since = bio.born,
              .stack = step.record.stack});
    }
  }
};

}  // namespace

std::unique_ptr<Oracle> make_pool_empty_at_exit() { return std::make_unique<PoolEmptyAtExit>(); }

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// D3: a submitted bio completes exactly once. A bio that a target hooked (bi_end_io exchanged and
// restored) passes bio_endio once per end_io; only the same end_io again is a violation.
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class CompletesOnce final : public Oracle {
 public:
  void see(const Step& step) override {
    for (const Change& change : step.changes) {
      const bool again = change.kind == Change::Kind::kCompletedAgain;
      if (!again && change.kind != Change::Kind::kOvercompleted) continue;
      const Bio& bio = step.model.at(change.bio);
      report({.oracle = "completes_once",
              .kind = again ? "completed_twice" : "chain_underflow",
              .summary = again ? fmt::format("bio {:#x} completed at {} and again at {}, not "
                                             "submitted in between",
                                             bio.address, change.since, step.record.order)
                               : fmt::format("bio {:#x} completed at {} with no reference left "
                                             "in its chain",
                                             bio.address, step.record.order),
              .object = bio.address,
              .order = step.record.order,
              .since = bio.born,
              .stack = step.record.stack});
    }
  }
};

}  // namespace

std::unique_ptr<Oracle> make_completes_once() { return std::make_unique<CompletesOnce>(); }

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// A6: who fails to link a slave does not unlink it later.
#include "harness/oracle/device_number.h"
#include "harness/oracle/holder_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class FailedLinkStaysUnlinked final : public Oracle {
 public:
  void see(const Step& step) override {
    for (const HolderChange& change : model_.apply(step.record)) {
      const bool too_often = change.kind == HolderChange::Kind::kUnlinkedTooOften;
      if (!too_often || change.pair->failed == 0) continue;
      report({.oracle = "failed_link_stays_unlinked",
              .kind = "unlinked_after_failure",
              .summary = fmt::format("holder {} is unlinked from slave {}, which it had failed to "
                                     "link at {}",
                                     device_number(change.pair->disk_dev),
                                     device_number(change.pair->dev), change.pair->failed),
              .object = change.pair->bdev,
              .order = step.record.order,
              .since = change.since,
              .stack = step.record.stack});
    }
  }

 private:
  HolderModel model_;
};

}  // namespace

std::unique_ptr<Oracle> make_failed_link_stays_unlinked() {
  return std::make_unique<FailedLinkStaysUnlinked>();
}

}  // namespace bioscope::oracle

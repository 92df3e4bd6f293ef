// SPDX-License-Identifier: GPL-2.0-only
// A3: a link to a slave that is being removed, or is gone, fails. The slave's state is that at the
// begin of the call: one that dies during it may be linked or not.
#include "harness/oracle/device_number.h"
#include "harness/oracle/holder_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class SlaveAliveWhenLinked final : public Oracle {
 public:
  void see(const Step& step) override {
    for (const HolderChange& change : model_.apply(step.record)) {
      if (change.kind != HolderChange::Kind::kLinked) continue;
      if ((change.flags & BSC_HOLDER_SLAVE_LIVE) != 0) continue;
      const bool gone = model_.gone(change.pair->whole);
      const std::uint64_t removed = model_.removed(change.pair->whole);
      report({.oracle = "slave_alive_when_linked",
              .kind = gone ? "linked_after_removal" : "linked_during_removal",
              .summary =
                  fmt::format("holder {} was linked to slave {} although that {} by then",
                              device_number(change.pair->disk_dev), device_number(change.pair->dev),
                              gone ? "was removed" : "was being removed"),
              .object = change.pair->bdev,
              .order = step.record.order,
              .since = removed != 0 ? removed : change.since,
              .stack = step.record.stack});
    }
  }

 private:
  HolderModel model_;
};

}  // namespace

std::unique_ptr<Oracle> make_slave_alive_when_linked() {
  return std::make_unique<SlaveAliveWhenLinked>();
}

}  // namespace bioscope::oracle

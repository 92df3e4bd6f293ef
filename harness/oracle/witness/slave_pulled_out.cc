// SPDX-License-Identifier: GPL-2.0-only
// A slave is removed while its holder lives.
#include "harness/oracle/holder_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class SlavePulledOut final : public Witness {
 public:
  void see(const Step& step) override {
    for (const HolderChange& change : model_.apply(step.record)) {
      if (change.kind != HolderChange::Kind::kRemoving || change.pair->count == 0) continue;
      const auto& event = evidence::payload<bsc_event_disk_del>(step.record);
      if (change.pair->whole == event.bdev) ++count_;
    }
  }

 private:
  HolderModel model_;
};

}  // namespace

std::unique_ptr<Witness> make_slave_pulled_out() { return std::make_unique<SlavePulledOut>(); }

}  // namespace bioscope::oracle

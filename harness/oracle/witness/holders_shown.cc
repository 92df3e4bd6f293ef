// SPDX-License-Identifier: GPL-2.0-only
// The guest listed the links in sysfs while a pair was linked and nothing changed.
#include "harness/oracle/holder_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class HoldersShown final : public Witness {
 public:
  void see(const Step& step) override {
    if (!model_.apply(step.record).empty()) quiet_ = false;
    if (step.record.type != BSC_EVENT_MARK) return;
    const auto& mark = evidence::payload<bsc_event_mark>(step.record);
    if (mark.kind == BSC_MARK_HOLDER_LINK) shown_ = true;
    if (mark.kind != BSC_MARK_SYSFS_HOLDERS) return;
    if (mark.arg == 0 && quiet_ && shown_) ++count_;
    quiet_ = mark.arg != 0;
    shown_ = false;
  }

 private:
  HolderModel model_;
  bool quiet_ = false;
  bool shown_ = false;
};

}  // namespace

std::unique_ptr<Witness> make_holders_shown() { return std::make_unique<HoldersShown>(); }

}  // namespace bioscope::oracle

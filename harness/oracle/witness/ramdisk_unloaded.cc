// SPDX-License-Identifier: GPL-2.0-only
// A module was taken out, and the task that did it freed pages of a ramdisk that had some.
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class RamdiskUnloaded final : public Witness {
 public:
  void see(const Step& step) override {
    if (step.record.type == BSC_EVENT_PAGE_FREED) ++freed_;
    if (step.record.type != BSC_EVENT_MARK) return;
    const auto& mark = evidence::payload<bsc_event_mark>(step.record);
    if (mark.kind == BSC_MARK_RAMDISK_PAGES) had_ = had_ || mark.arg != 0;
    if (mark.kind != BSC_MARK_UNLOADED) return;
    if (mark.arg == 0 && had_ && freed_ != 0) ++count_;
    freed_ = 0;
    had_ = false;
  }

 private:
  std::uint64_t freed_ = 0;
  bool had_ = false;
};

}  // namespace

std::unique_ptr<Witness> make_ramdisk_unloaded() { return std::make_unique<RamdiskUnloaded>(); }

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// A ramdisk could not store what it was given.
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class StoreFailed final : public Witness {
 public:
  void see(const Step& step) override {
    if (step.record.type == BSC_EVENT_BRD_STORED &&
        evidence::payload<bsc_event_brd_stored>(step.record).result != 0)
      ++count_;
  }
};

}  // namespace

std::unique_ptr<Witness> make_store_failed() { return std::make_unique<StoreFailed>(); }

}  // namespace bioscope::oracle

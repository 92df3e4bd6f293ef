// SPDX-License-Identifier: GPL-2.0-only
// Pages were read without a bio.
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class PagesWithoutBios final : public Witness {
 public:
  void see(const Step& step) override {
    if (step.record.type != BSC_EVENT_RW_PAGE_DONE) return;
    const auto& event = evidence::payload<bsc_event_rw_page>(step.record);
    if (event.result == 0 && event.write == 0) ++count_;
  }
};

}  // namespace

std::unique_ptr<Witness> make_pages_without_bios() { return std::make_unique<PagesWithoutBios>(); }

}  // namespace bioscope::oracle

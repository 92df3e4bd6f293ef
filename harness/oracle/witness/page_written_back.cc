// SPDX-License-Identifier: GPL-2.0-only
// A page was set under writeback and ended it: one of a block device or a file (page_written_back),
// or of anonymous memory that went to swap (page_swapped_out).
#include <unordered_set>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class PageWrittenBack final : public Witness {
 public:
  explicit PageWrittenBack(bool anonymous) : anonymous_(anonymous) {}

  void see(const Step& step) override {
    const auto type = step.record.type;
    if (type != BSC_EVENT_WRITEBACK_BEGIN && type != BSC_EVENT_WRITEBACK_END) return;
    const auto& event = evidence::payload<bsc_event_writeback_begin>(step.record);
    if (type == BSC_EVENT_WRITEBACK_BEGIN && (event.mapping == 0) == anonymous_)
      under_.insert(event.folio);
    else if (under_.erase(event.folio) != 0 && type == BSC_EVENT_WRITEBACK_END)
      ++count_;
  }

 private:
  bool anonymous_;
  std::unordered_set<std::uint64_t> under_;
};

}  // namespace

std::unique_ptr<Witness> make_page_written_back() {
  return std::make_unique<PageWrittenBack>(false);
}

std::unique_ptr<Witness> make_page_swapped_out() { return std::make_unique<PageWrittenBack>(true); }

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// A task that writes to a ramdisk frees the page that it has just taken for it.
#include <unordered_map>

#include "harness/oracle/oracles.h"
#include "harness/oracle/ramdisk_stores.h"

namespace bioscope::oracle {
namespace {

class PageRejected final : public Witness {
 public:
  void see(const Step& step) override {
    const std::uint32_t task = step.record.tid;
    switch (step.record.type) {
      case BSC_EVENT_BRD_IO:
        storing_.begin(task, evidence::payload<bsc_event_brd_io>(step.record));
        break;
      case BSC_EVENT_BRD_STORED:
        storing_.stored(task, evidence::payload<bsc_event_brd_stored>(step.record));
        break;
      case BSC_EVENT_PAGE_TAKEN:
        if (storing_.of(task) != 0)
          taken_[task] = evidence::payload<bsc_event_page_taken>(step.record).page;
        break;
      case BSC_EVENT_PAGE_FREED: {
        const auto page = evidence::payload<bsc_event_page_freed>(step.record).page;
        if (const auto it = taken_.find(task);
            storing_.of(task) != 0 && it != taken_.end() && it->second == page)
          ++count_;
        break;
      }
      default: break;
    }
  }

 private:
  RamdiskStores storing_;
  std::unordered_map<std::uint32_t, std::uint64_t> taken_;  // the last page, by task
};

}  // namespace

std::unique_ptr<Witness> make_page_rejected() { return std::make_unique<PageRejected>(); }

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// B4: who takes a page for a ramdisk and finds that another has put one in meanwhile frees his own.
// Pages are held against the ramdisk's count, which is read at some time after the task's record
// before; so only those count that were settled by then.
#include <algorithm>
#include <unordered_map>

#include "harness/oracle/device_number.h"
#include "harness/oracle/oracles.h"
#include "harness/oracle/ramdisk_stores.h"

namespace bioscope::oracle {
namespace {

class RejectedPageIsFreed final : public Oracle {
 public:
  void see(const Step& step) override {
    const std::uint32_t tid = step.record.tid;
    switch (step.record.type) {
      case BSC_EVENT_BRD_IO: on_io(step, evidence::payload<bsc_event_brd_io>(step.record)); break;
      case BSC_EVENT_BRD_STORED:
        on_stored(step, evidence::payload<bsc_event_brd_stored>(step.record));
        break;
      case BSC_EVENT_PAGE_TAKEN:
        if (const std::uint64_t brd = storing_.of(tid); brd != 0)
          taken_[evidence::payload<bsc_event_page_taken>(step.record).page] = {brd, tid, 0};
        break;
      case BSC_EVENT_PAGE_FREED:
        taken_.erase(evidence::payload<bsc_event_page_freed>(step.record).page);
        break;
      default: break;
    }
    if (step.record.type != BSC_EVENT_STACK) last_[tid] = step.record.order;
  }

 private:
  struct Page {
    std::uint64_t brd = 0;
    std::uint32_t by = 0;       // task
    std::uint64_t settled = 0;  // since that order it is in or should have been freed
  };
  struct Ramdisk {
    bool known = false;  // empty when it was first seen, and never discarded from
    std::uint64_t first = 0;
    std::uint64_t lost = 0;  // told already
  };

  void on_io(const Step& step, const bsc_event_brd_io& event) {
    const auto [it, added] = ramdisks_.try_emplace(event.brd);
    if (added) it->second = {event.pages == 0, step.record.order, 0};
    if (RamdiskStores::is_discard(event)) it->second.known = false;
    compare(step, event.brd, event.dev, event.pages);
    storing_.begin(step.record.tid, event);
  }

  void on_stored(const Step& step, const bsc_event_brd_stored& event) {
    storing_.stored(step.record.tid, event);
    for (auto& [address, page] : taken_)
      if (page.by == step.record.tid && page.brd == event.brd && page.settled == 0)
        page.settled = step.record.order;
    compare(step, event.brd, event.dev, event.pages);
  }

  void compare(const Step& step, std::uint64_t brd, std::uint32_t dev, std::uint64_t counted) {
    const auto found = ramdisks_.find(brd);
    if (found == ramdisks_.end() || !found->second.known) return;
    const auto before = last_.find(step.record.tid);
    const std::uint64_t then = before == last_.end() ? 0 : before->second;
    // What this task has just settled was settled before the count was read.
    const auto settled = static_cast<std::uint64_t>(std::ranges::count_if(taken_, [&](auto& entry) {
      const Page& page = entry.second;
      return page.brd == brd && page.settled != 0 &&
             (page.settled <= then || page.settled == step.record.order);
    }));
    if (settled <= counted + found->second.lost) return;
    found->second.lost = settled - counted;
    report(
        {.oracle = "rejected_page_is_freed",
         .kind = "page_lost",
         .summary = fmt::format("ramdisk {} counts {} pages, and {} were taken for it that nobody "
                                "has freed",
                                device_number(dev), counted, settled),
         .object = brd,
         .order = step.record.order,
         .since = found->second.first,
         .stack = step.record.stack});
  }

  std::unordered_map<std::uint64_t, Ramdisk> ramdisks_;
  std::unordered_map<std::uint64_t, Page> taken_;  // by address
  RamdiskStores storing_;
  std::unordered_map<std::uint32_t, std::uint64_t> last_;  // order, by task
};

}  // namespace

std::unique_ptr<Oracle> make_rejected_page_is_freed() {
  return std::make_unique<RejectedPageIsFreed>();
}

}  // namespace bioscope::oracle

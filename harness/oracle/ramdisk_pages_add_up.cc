// SPDX-License-Identifier: GPL-2.0-only
// B4: a ramdisk counts as many pages as were ever written to, and frees that many when it goes.
// The count is read at some time after the task's record before; so it is held against what was
// in by then and against all that might be.
#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "harness/oracle/device_number.h"
#include "harness/oracle/oracles.h"
#include "harness/oracle/ramdisk_stores.h"

namespace bioscope::oracle {
namespace {

class RamdiskPagesAddUp final : public Oracle {
 public:
  void see(const Step& step) override {
    switch (step.record.type) {
      case BSC_EVENT_BRD_IO: on_io(step, evidence::payload<bsc_event_brd_io>(step.record)); break;
      case BSC_EVENT_BRD_STORED:
        on_stored(step, evidence::payload<bsc_event_brd_stored>(step.record));
        break;
      case BSC_EVENT_MARK: on_mark(step, evidence::payload<bsc_event_mark>(step.record)); break;
      case BSC_EVENT_DISK_GONE:
        on_gone(step, evidence::payload<bsc_event_disk_gone>(step.record));
        break;
      case BSC_EVENT_PAGE_FREED:
        if (evidence::payload<bsc_event_page_freed>(step.record).order == 0)
          ++freed_[step.record.tid];
        break;
      default: break;
    }
    // A stack is put in front of its record by who takes the records out.
    if (step.record.type != BSC_EVENT_STACK) last_[step.record.tid] = step.record.order;
  }

 private:
  struct Page {
    bool stored = false;   // by somebody, so it is there
    std::uint64_t in = 0;  // from this order on it is counted; 0: it need not be
    bool shaky = false;    // a discard may have taken it out
  };
  struct Ramdisk {
    bool known = false;  // empty when it was first seen
    std::uint64_t first = 0;
    std::map<std::uint64_t, Page> pages{};
  };
  // What its debugfs file said, before it goes.
  struct Going {
    std::string name{};
    std::uint64_t pages = 0;
    std::uint64_t since = 0;
    std::uint64_t disk = 0;
  };

  void on_io(const Step& step, const bsc_event_brd_io& event) {
    auto [it, added] = ramdisks_.try_emplace(event.brd);
    Ramdisk& ramdisk = it->second;
    if (added) {
      ramdisk.known = event.pages == 0;
      ramdisk.first = step.record.order;
    }
    compare(step, ramdisk, event.brd, event.dev, event.pages);
    storing_.begin(step.record.tid, event);
    const bool discard = RamdiskStores::is_discard(event);
    if (event.size == 0 || !(discard || RamdiskStores::is_write(event))) return;
    const auto range = RamdiskPages::of(event.sector, event.size);
    if (discard) {
      for (auto page = ramdisk.pages.lower_bound(range.begin);
           page != ramdisk.pages.end() && page->first < range.end; ++page)
        page->second.shaky = true;
    } else if (range.is_too_long()) {
      ramdisk.known = false;
    } else {
      for (std::uint64_t page = range.begin; page < range.end; ++page)
        ramdisk.pages.try_emplace(page);
    }
  }

  void on_stored(const Step& step, const bsc_event_brd_stored& event) {
    const auto found = ramdisks_.find(event.brd);
    if (found == ramdisks_.end()) return;
    Ramdisk& ramdisk = found->second;
    storing_.stored(step.record.tid, event);
    const auto range = RamdiskPages::of(event.sector, event.size);
    if (range.is_too_long()) {
      ramdisk.known = false;
      return;
    }
    for (std::uint64_t page = range.begin; page < range.end; ++page) {
      Page& stored = ramdisk.pages[page];
      stored.stored = stored.stored || event.result == 0;
      // Who finds a page there need not have put it in. Who did counts it a little later, but
      // before his own store.
      if (stored.in == 0 && stored.stored && !storing_.is_due(event.brd, page))
        stored.in = step.record.order;
    }
    mine_ = event.result == 0 ? range : RamdiskPages{};
    compare(step, ramdisk, event.brd, event.dev, event.pages);
    mine_ = {};
  }

  void compare(const Step& step, const Ramdisk& ramdisk, std::uint64_t brd, std::uint32_t dev,
               std::uint64_t pages) {
    if (!ramdisk.known) return;
    const auto before = last_.find(step.record.tid);
    const std::uint64_t then = before == last_.end() ? 0 : before->second;
    std::uint64_t least = 0;
    for (const auto& [index, page] : ramdisk.pages) {
      if (!page.shaky && page.in != 0 && (page.in <= then || mine_.holds(index))) ++least;
    }
    const std::uint64_t most = ramdisk.pages.size();
    if (pages >= least && pages <= most) return;
    report({.oracle = "ramdisk_pages_add_up",
            .kind = pages < least ? "too_few" : "too_many",
            .summary = fmt::format("ramdisk {} counts {} pages, where {} have been written to{}",
                                   device_number(dev), pages, pages < least ? least : most,
                                   pages < least ? " and none was taken" : ""),
            .object = brd,
            .order = step.record.order,
            .since = ramdisk.first,
            .stack = step.record.stack});
  }

  void on_mark(const Step& step, const bsc_event_mark& event) {
    if (event.kind == BSC_MARK_RAMDISK_PAGES)
      told_[std::string(evidence::text(event.label))] = {std::string(evidence::text(event.label)),
                                                         event.arg, step.record.order, 0};
    if (event.kind == BSC_MARK_UNLOADED) {
      close(step);
      if (event.arg == 0) ramdisks_.clear();
    }
  }

  // The pages of a ramdisk are freed after its disk is gone, by the same task, before the next.
  void on_gone(const Step& step, const bsc_event_disk_gone& event) {
    close(step);
    const auto told = told_.find(std::string(evidence::text(event.name)));
    if (told == told_.end()) return;
    going_ = told->second;
    going_.disk = event.disk;
    going_by_ = step.record.tid;
    freed_[going_by_] = 0;
  }

  void close(const Step& step) {
    if (going_.disk == 0) return;
    const std::uint64_t freed = freed_[going_by_];
    if (freed < going_.pages)
      report({.oracle = "ramdisk_pages_add_up",
              .kind = "pages_left",
              .summary = fmt::format("{} had {} pages when it was removed, and {} were freed",
                                     going_.name, going_.pages, freed),
              .object = going_.disk,
              .order = step.record.order,
              .since = going_.since,
              .stack = step.record.stack});
    told_.erase(going_.name);
    going_ = {};
  }

  std::unordered_map<std::uint64_t, Ramdisk> ramdisks_;
  RamdiskStores storing_;
  std::unordered_map<std::uint32_t, std::uint64_t> last_;   // order, by task
  std::unordered_map<std::uint32_t, std::uint64_t> freed_;  // single pages, by task
  std::unordered_map<std::string, Going> told_;
  Going going_{};
  std::uint32_t going_by_ = 0;
  RamdiskPages mine_{};  // that the record itself says are in
};

}  // namespace

std::unique_ptr<Oracle> make_ramdisk_pages_add_up() {
  return std::make_unique<RamdiskPagesAddUp>();
}

}  // namespace bioscope::oracle

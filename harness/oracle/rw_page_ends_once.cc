// SPDX-License-Identifier: GPL-2.0-only
// C10: who takes a page without a bio ends it once if all went well, and leaves it to the caller,
// who sends a bio then, if not.
#include <unordered_map>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class RwPageEndsOnce final : public Oracle {
 public:
  void see(const Step& step) override {
    const bsc_record& record = step.record;
    if (record.type != BSC_EVENT_RW_PAGE && record.type != BSC_EVENT_PAGE_ENDED &&
        record.type != BSC_EVENT_RW_PAGE_DONE)
      return;
    const auto& event = evidence::payload<bsc_event_rw_page>(record);
    if (record.type == BSC_EVENT_RW_PAGE) {
      calls_[record.tid] = {event.page, record.order, 0};
      return;
    }
    const auto found = calls_.find(record.tid);
    if (found == calls_.end() || found->second.page != event.page) return;
    Call& call = found->second;
    if (record.type == BSC_EVENT_PAGE_ENDED) {
      ++call.ended;
      return;
    }
    if (event.result == 0 && call.ended != 1)
      accuse(step, call.ended == 0 ? "not_ended" : "ended_twice", event, call.order,
             fmt::format("a page was {} without a bio and ended {} times",
                         event.write != 0 ? "written" : "read", call.ended));
    else if (event.result != 0 && call.ended != 0)
      accuse(step, "ended_though_failed", event, call.order,
             "a page that could not be taken without a bio was ended");
    calls_.erase(found);
  }

 private:
  struct Call {
    std::uint64_t page = 0;
    std::uint64_t order = 0;
    unsigned ended = 0;
  };

  void accuse(const Step& step, std::string_view kind, const bsc_event_rw_page& event,
              std::uint64_t since, std::string summary) {
    report({.oracle = "rw_page_ends_once",
            .kind = std::string(kind),
            .summary = std::move(summary),
            .object = event.page,
            .order = step.record.order,
            .since = since,
            .stack = step.record.stack});
  }

  std::unordered_map<std::uint32_t, Call> calls_;  // by task
};

}  // namespace

std::unique_ptr<Oracle> make_rw_page_ends_once() { return std::make_unique<RwPageEndsOnce>(); }

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// B5: a folio that is set under writeback ends it, exactly once. Who ends it twice may end that of
// the next writer, who is then told before the data is safe.
#include <algorithm>
#include <unordered_map>

#include "harness/oracle/device_number.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class WritebackEndsOnce final : public Oracle {
 public:
  void see(const Step& step) override {
    if (step.record.type != BSC_EVENT_WRITEBACK_BEGIN &&
        step.record.type != BSC_EVENT_WRITEBACK_END)
      return;
    const auto& event = evidence::payload<bsc_event_writeback_begin>(step.record);
    const bool begins = step.record.type == BSC_EVENT_WRITEBACK_BEGIN;
    auto [it, added] = folios_.try_emplace(event.folio);
    Folio& folio = it->second;
    // What was under writeback before arming ends without a begin.
    if (!added && folio.under == begins)
      accuse(step, event, folio, begins ? "begun_twice" : "ended_twice",
             begins ? "was set under writeback a second time" : "ended writeback a second time");
    folio = {begins, step.record.order, step.record.time, event.dev, event.index};
  }

  void conclude(const Closing& closing, const BioModel&) override {
    bool young = false;
    for (const auto& [address, folio] : folios_) {
      if (!folio.under) continue;
      if (closing.time < folio.time + closing.patience) {
        young = true;
        continue;
      }
      const double waited = static_cast<double>(closing.time - folio.time);
      report(
          {.oracle = "writeback_ends_once",
           .kind = "never_ended",
           .summary = fmt::format("page {} of {}, set under writeback at {}, was so {:.1f} s "
                                  "later",
                                  folio.index, device_number(folio.dev), folio.order, waited / 1e9),
           .object = address,
           .order = closing.order,
           .since = folio.order,
           .timed = waited / static_cast<double>(std::max<std::uint64_t>(closing.patience, 1))});
    }
    if (young && findings().empty()) undecided("a page was under writeback at the end");
  }

 private:
  struct Folio {
    bool under = false;
    std::uint64_t order = 0;
    std::uint64_t time = 0;
    std::uint32_t dev = 0;
    std::uint64_t index = 0;
  };

  void accuse(const Step& step, const bsc_event_writeback_begin& event, const Folio& before,
              std::string_view kind, std::string_view what) {
    report({.oracle = "writeback_ends_once",
            .kind = std::string(kind),
            .summary = fmt::format("page {} of {} {}, after {}", event.index,
                                   device_number(event.dev), what, before.order),
            .object = event.folio,
            .order = step.record.order,
            .since = before.order,
            .stack = step.record.stack});
  }

  std::unordered_map<std::uint64_t, Folio> folios_;
};

}  // namespace

std::unique_ptr<Oracle> make_writeback_ends_once() { return std::make_unique<WritebackEndsOnce>(); }

}  // namespace bioscope::oracle

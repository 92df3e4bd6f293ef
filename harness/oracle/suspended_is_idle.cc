// SPDX-License-Identifier: GPL-2.0-only
// D7: when a suspend of a mapped device has succeeded, none of its dm_io is alive, and none comes
// to life until the resume begins. Both kinds of suspend wait: noflush leaves it to the targets to
// push bios back, which ends their dm_io.
#include <unordered_map>

#include "harness/oracle/block_status.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class SuspendedIsIdle final : public Oracle {
 public:
  void see(const Step& step) override {
    switch (step.record.type) {
      case BSC_EVENT_DM_MAP: mapped(step, evidence::payload<bsc_event_dm_map>(step.record)); break;
      case BSC_EVENT_DM_IO_COMPLETE: {
        // A requeue in two stages completes twice; the first leaves the dm_io alive.
        const auto& event = evidence::payload<bsc_event_dm_io_complete>(step.record);
        if (event.status != kStatusDmRequeue || event.first_stage == 0) alive_.erase(event.io);
        break;
      }
      case BSC_EVENT_DM_SUSPENDED: {
        const auto& event = evidence::payload<bsc_event_dm_suspended>(step.record);
        if (event.result == 0) suspended(step, event);
        break;
      }
      case BSC_EVENT_DM_RESUME:
        suspended_.erase(evidence::payload<bsc_event_dm_resume>(step.record).md);
        break;
      default: break;
    }
  }

 private:
  struct Io {
    std::uint64_t md = 0;
    std::uint64_t master = 0;
    std::uint64_t order = 0;
  };

  void mapped(const Step& step, const bsc_event_dm_map& event) {
    const auto [io, first] = alive_.try_emplace(event.io);
    if (first) io->second = {event.md, event.master, step.record.order};
    const auto found = suspended_.find(event.md);
    if (found == suspended_.end()) return;
    accuse(step, "mapped_while_suspended", event.master, found->second,
           fmt::format("dm mapped bio {:#x} at {} although its device was suspended at {} and not "
                       "resumed",
                       event.master, step.record.order, found->second));
  }

  void suspended(const Step& step, const bsc_event_dm_suspended& event) {
    suspended_[event.md] = step.record.order;
    for (const auto& [address, io] : alive_)
      if (io.md == event.md)
        accuse(step, "suspended_in_flight", io.master, io.order,
               fmt::format("a device was suspended at {} while bio {:#x}, mapped at {}, was still "
                           "in flight in it",
                           step.record.order, io.master, io.order));
  }

  void accuse(const Step& step, std::string_view kind, std::uint64_t object, std::uint64_t since,
              std::string summary) {
    report({.oracle = "suspended_is_idle",
            .kind = std::string(kind),
            .summary = std::move(summary),
            .object = object,
            .order = step.record.order,
            .since = since,
            .stack = step.record.stack});
  }

  std::unordered_map<std::uint64_t, Io> alive_;                 // by address of the dm_io
  std::unordered_map<std::uint64_t, std::uint64_t> suspended_;  // md, and since when
};

}  // namespace

std::unique_ptr<Oracle> make_suspended_is_idle() { return std::make_unique<SuspendedIsIdle>(); }

}  // namespace bioscope::oracle

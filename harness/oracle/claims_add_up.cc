// SPDX-License-Identifier: GPL-2.0-only
// A7: a disk's bd_holders are the claims of the disk, each counted twice there, and of its
// partitions; bd_claiming names somebody only while an attempt is under way; every attempt is
// decided. What is claimed and aborted (a partition scan, a discard) is never held.
#include <algorithm>
#include <unordered_map>

#include "harness/oracle/device_number.h"
#include "harness/oracle/holder_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class ClaimsAddUp final : public Oracle {
 public:
  void see(const Step& step) override {
    const auto type = step.record.type;
    if (type == BSC_EVENT_CLAIM_BEGIN || type == BSC_EVENT_CLAIM_DROP)
      compare(step, evidence::payload<bsc_event_claim_begin>(step.record));
    if (type == BSC_EVENT_CLAIM_BEGIN) {
      const auto& event = evidence::payload<bsc_event_claim_begin>(step.record);
      asking_[step.record.tid] = {event.bdev, event.dev, step.record.order, step.record.time};
    } else if (type == BSC_EVENT_CLAIM_TRIED) {
      asking_.erase(step.record.tid);
    }
    model_.apply(step.record);
    // A stack is written beside the record that names it: nothing happened.
    if (type != BSC_EVENT_STACK) last_[step.record.tid] = step.record.order;
  }

  void conclude(const Closing& closing, const BioModel&) override {
    for (const auto& [tid, asked] : asking_) {
      if (closing.time < asked.time + closing.patience) {
        undecided("a claim was under way at the end");
        continue;
      }
      const double waited = static_cast<double>(closing.time - asked.time);
      report({.oracle = "claims_add_up",
              .kind = "claim_never_decided",
              .summary = fmt::format("a claim of {}, asked for at {}, was neither granted nor "
                                     "refused {:.1f} s later",
                                     device_number(asked.dev), asked.order, waited / 1e9),
              .object = asked.bdev,
              .order = closing.order,
              .since = asked.order,
              .timed = waited / static_cast<double>(std::max<std::uint64_t>(closing.patience, 1))});
    }
  }

 private:
  struct Asked {
    std::uint64_t bdev = 0;
    std::uint32_t dev = 0;
    std::uint64_t order = 0;
    std::uint64_t time = 0;
  };

  // The values were read at some time after the task's record before this one: they say something
  // if nothing happened to the disk's claims since then.
  void compare(const Step& step, const bsc_event_claim_begin& event) {
    const auto before = last_.find(step.record.tid);
    if (before == last_.end()) return;
    std::int32_t own = 0;
    std::int32_t all = 0;
    std::uint64_t since = 0;
    for (const auto& [address, claimed] : model_.claimed()) {
      if (claimed.whole != event.whole) continue;
      const bool still =
          claimed.trying == 0 && claimed.dropping == 0 && claimed.moved <= before->second;
      if (!claimed.known || !still) return;
      all += claimed.claims * (address == event.whole ? 2 : 1);
      if (address == event.bdev) own = claimed.claims * (address == event.whole ? 2 : 1);
      since = since == 0 ? claimed.first : std::min(since, claimed.first);
    }
    if (since == 0) return;  // no claim of it was ever seen
    const std::int32_t expected = event.bdev == event.whole ? all : own;
    if (event.holders != expected || event.whole_holders != all)
      accuse(
          step, event, "miscounted", since,
          fmt::format("the kernel counts {} claims of {} and {} of its disk, where {} and {} "
                      "were made and not given back",
                      event.holders, device_number(event.dev), event.whole_holders, expected, all));
    if (event.claiming != 0)
      accuse(step, event, "left_claiming", since,
             fmt::format("the disk of {} is still marked as being claimed by {:#x}, and nobody is "
                         "claiming it",
                         device_number(event.dev), event.claiming));
  }

  void accuse(const Step& step, const bsc_event_claim_begin& event, std::string_view kind,
              std::uint64_t since, std::string summary) {
    report({.oracle = "claims_add_up",
            .kind = std::string(kind),
            .summary = std::move(summary),
            .object = event.whole,
            .order = step.record.order,
            .since = since,
            .stack = step.record.stack});
  }

  HolderModel model_;
  std::unordered_map<std::uint32_t, std::uint64_t> last_;  // order, by task
  std::unordered_map<std::uint32_t, Asked> asking_;        // by task
};

}  // namespace

std::unique_ptr<Oracle> make_claims_add_up() { return std::make_unique<ClaimsAddUp>(); }

}  // namespace bioscope::oracle

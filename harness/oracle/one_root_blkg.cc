// SPDX-License-Identifier: GPL-2.0-only
// D13: a queue has one root blkg at a time. A disk that is bound again to its old queue waits until
// the blkgs of the disk before it are out of the lists.
#include <unordered_map>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

constexpr std::int32_t kExists = -17;  // -EEXIST: the old one still has the place

class OneRootBlkg final : public Oracle {
 public:
  void see(const Step& step) override {
    if (step.record.type == BSC_EVENT_BLKG_CREATE) {
      created(step, evidence::payload<bsc_event_blkg_create>(step.record));
    } else if (step.record.type == BSC_EVENT_BLKG_DESTROY) {
      const auto& event = evidence::payload<bsc_event_blkg_destroy>(step.record);
      const auto found = roots_.find(event.queue);
      if (found != roots_.end() && found->second.blkg == event.blkg) roots_.erase(found);
    }
  }

 private:
  struct Root {
    std::uint64_t blkg = 0;
    std::uint64_t order = 0;
  };

  void created(const Step& step, const bsc_event_blkg_create& event) {
    if (event.parent_css != 0) return;
    const std::uint64_t order = step.record.order;
    const auto found = roots_.find(event.queue);
    const std::uint64_t since = found != roots_.end() ? found->second.order : order;
    if (event.result == kExists)
      accuse(step, event.queue, "place_taken", since,
             fmt::format("queue {:#x} refused a root blkg at {}, since it still had {:#x}",
                         event.queue, order, event.root));
    else if (event.result == 0 && (found != roots_.end() || event.root != 0))
      accuse(
          step, event.queue, "second_root", since,
          fmt::format("queue {:#x} got root blkg {:#x} at {} while it still had {:#x}", event.queue,
                      event.blkg, order, found != roots_.end() ? found->second.blkg : event.root));
    if (event.result == 0) roots_[event.queue] = {event.blkg, order};
  }

  void accuse(const Step& step, std::uint64_t queue, std::string_view kind, std::uint64_t since,
              std::string summary) {
    report({.oracle = "one_root_blkg",
            .kind = std::string(kind),
            .summary = std::move(summary),
            .object = queue,
            .order = step.record.order,
            .since = since,
            .stack = step.record.stack});
  }

  std::unordered_map<std::uint64_t, Root> roots_;  // by queue
};

}  // namespace

std::unique_ptr<Oracle> make_one_root_blkg() { return std::make_unique<OneRootBlkg>(); }

}  // namespace bioscope::oracle

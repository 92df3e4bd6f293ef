// SPDX-License-Identifier: GPL-2.0-only
// D4: a bio that goes down on behalf of a dm clone takes its cgroup from the clone's own master,
// which has not completed yet; and it descends from that clone. dm copies the association from
// whatever the dm_io names, without a check.
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

constexpr int kMostSources = 8;  // of a clone of a clone; mapped devices do not stack deeper

class RemapOfLiveMaster final : public Oracle {
 public:
  void see(const Step& step) override {
    if (step.record.type != BSC_EVENT_DM_REMAP) return;
    const auto& event = evidence::payload<bsc_event_dm_remap>(step.record);
    const Bio* clone = step.model.current(event.clone);
    if (clone == nullptr || clone->master.bio == kNoIndex) return;  // older than the record
    const Bio& master = step.model.at(clone->master.bio);
    if (master.address != event.master)
      accuse(step, *clone, "foreign_master",
             fmt::format("bio {:#x} went down for clone {:#x} at {} with the cgroup of bio {:#x}, "
                         "although the clone's master is {:#x}",
                         event.sent, event.clone, step.record.order, event.master, master.address));
    else if (step.model.live(clone->master) == nullptr ||
             (master.state != BioState::kSubmitted && !goes_on(step, master)))
      accuse(
          step, *clone, "master_gone",
          fmt::format("bio {:#x} went down for clone {:#x} at {} with the cgroup of its master "
                      "{:#x}, which was no longer in flight (completed at {})",
                      event.sent, event.clone, step.record.order, event.master, master.completed));
    const Bio* sent = step.model.current(event.sent);
    if (sent != nullptr && !descends(step.model, *sent, *clone))
      accuse(step, *clone, "foreign_bio",
             fmt::format("bio {:#x}, born at {}, went down at {} for clone {:#x}, born at {}, "
                         "from which it does not descend",
                         event.sent, sent->born, step.record.order, event.clone, clone->born));
  }

 private:
  // dm goes on with the part that it has split off, and submits the rest (6.12, what changes the
  // disk without data).
  static bool goes_on(const Step& step, const Bio& part) {
    return part.state == BioState::kNew && step.model.live(part.parent) != nullptr;
  }

  // The clone itself, a clone of it or of its master, or a fresh bio that the target allocated
  // since it got the clone.
  static bool descends(const BioModel& model, const Bio& sent, const Bio& clone) {
    const Bio* from = &sent;
    for (int step = 0; step < kMostSources && from != nullptr; ++step) {
      if (from == &clone || from == model.live(clone.master)) return true;
      if (from->source.bio == kNoIndex) break;
      from = model.live(from->source);
    }
    return from != nullptr && from->source.bio == kNoIndex && from->born > clone.mapped &&
           from->master.bio == kNoIndex && sent.master.bio == kNoIndex &&
           sent.state == BioState::kNew;
  }

  void accuse(const Step& step, const Bio& clone, std::string_view kind, std::string summary) {
    report({.oracle = "remap_of_live_master",
            .kind = std::string(kind),
            .summary = std::move(summary),
            .object = clone.address,
            .order = step.record.order,
            .since = clone.born,
            .stack = step.record.stack});
  }
};

}  // namespace

std::unique_ptr<Oracle> make_remap_of_live_master() {
  return std::make_unique<RemapOfLiveMaster>();
}

}  // namespace bioscope::oracle

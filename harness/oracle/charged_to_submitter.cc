// SPDX-License-Identifier: GPL-2.0-only
// D9: a bio is charged to a group's blkg on its own disk's queue, and what goes down for another
// bio to the group that this one was charged to. Only a group that dies, or whose blkg could not be
// made, leaves it to an ancestor. Flushes without data are dm's own and belong to nobody.
#include <unordered_map>
#include <unordered_set>

#include "harness/oracle/oracles.h"
#include "harness/oracle/served_bio.h"

namespace bioscope::oracle {
namespace {

constexpr int kMostGroups = 64;  // from a group to the root

class ChargedToSubmitter final : public Oracle {
 public:
  void see(const Step& step) override {
    served_.see(step);
    const bsc_record& record = step.record;
    switch (record.type) {
      case BSC_EVENT_BIO_CHARGE:
        charged(step, evidence::payload<bsc_event_bio_charge>(record));
        break;
      case BSC_EVENT_BIO_ASSOCIATE: {
        const auto& event = evidence::payload<bsc_event_bio_associate>(record);
        note(event.asked, event.asked_flags);
        note(event.css, event.flags);
        break;
      }
      case BSC_EVENT_BLKG_CREATE: {
        const auto& event = evidence::payload<bsc_event_blkg_create>(record);
        if (event.result != 0) spills_.insert(event.css);
        break;
      }
      case BSC_EVENT_CSS_ONLINE: {
        const auto& event = evidence::payload<bsc_event_css_online>(record);
        parents_[event.css] = event.parent;
        spills_.erase(event.css);
        break;
      }
      case BSC_EVENT_CGROUP_RMDIR:
        spills_.insert(evidence::payload<bsc_event_cgroup_rmdir>(record).css);
        break;
      case BSC_EVENT_CSS_KILLED_REF:
        spills_.insert(evidence::payload<bsc_event_css_killed_ref>(record).css);
        break;
      default: break;
    }
  }

 private:
  struct Charge {
    std::uint32_t generation = 0;
    std::uint64_t css = 0;
    std::uint64_t order = 0;
  };

  void note(std::uint64_t css, std::uint32_t flags) {
    if ((flags & BSC_CSS_DYING) != 0) spills_.insert(css);
  }

  void charged(const Step& step, const bsc_event_bio_charge& event) {
    note(event.css, event.flags);
    if (event.blkg == 0)
      return accuse(step, event, "no_blkg", step.record.order,
                    fmt::format("bio {:#x} was submitted at {} and belongs to no cgroup", event.bio,
                                step.record.order));
    if (event.blkg_queue != event.queue)
      accuse(step, event, "foreign_queue", step.record.order,
             fmt::format("bio {:#x} was charged at {} to blkg {:#x} of queue {:#x}, but goes to "
                         "queue {:#x}",
                         event.bio, step.record.order, event.blkg, event.blkg_queue, event.queue));
    const Bio* bio = step.model.current(event.bio);
    if (bio == nullptr) return;
    const Index index = step.model.index(event.bio);
    if (event.size != 0)
      if (const auto owed = owed_by(step.model, index); owed && !is_fair(event, owed->css))
        accuse(step, event, "foreign_group", owed->order,
               fmt::format("bio {:#x} was charged at {} to css {:#x}{}, but what it serves was "
                           "charged at {} to css {:#x}, which lives",
                           event.bio, step.record.order, event.css,
                           (event.flags & BSC_CSS_ROOT) != 0 ? ", the root's" : "", owed->order,
                           owed->css));
    charges_[index] = {bio->generation, event.css, step.record.order};
  }

  // What the nearest bio above it was charged to, or it itself in this flight.
  std::optional<Charge> owed_by(const BioModel& model, Index index) const {
    if (const auto own = charge_of(model, model.ref(index));
        own && own->order > model.at(index).completed)
      return own;
    for (const Ref& above : served_.all_above(model, index))
      if (const auto charge = charge_of(model, above)) return charge;
    return std::nullopt;
  }

  std::optional<Charge> charge_of(const BioModel& model, const Ref& ref) const {
    const auto found = charges_.find(ref.bio);
    if (found == charges_.end() || found->second.generation != ref.generation ||
        model.live(ref) == nullptr)
      return std::nullopt;
    return found->second;
  }

  bool is_fair(const bsc_event_bio_charge& event, std::uint64_t owed) const {
    if (event.css == owed) return true;
    // Each group on the way up has to be one that is passed over.
    std::uint64_t css = owed;
    for (int step = 0; step < kMostGroups; ++step) {
      if (!spills_.contains(css)) return false;
      const auto parent = parents_.find(css);
      if (parent == parents_.end()) return true;  // older than the record
      css = parent->second;
      if (css == event.css) return true;
    }
    return false;
  }

  void accuse(const Step& step, const bsc_event_bio_charge& event, std::string_view kind,
              std::uint64_t since, std::string summary) {
    report({.oracle = "charged_to_submitter",
            .kind = std::string(kind),
            .summary = std::move(summary),
            .object = event.bio,
            .order = step.record.order,
            .since = since,
            .stack = step.record.stack});
  }

  ServedBios served_;
  std::unordered_map<Index, Charge> charges_;
  std::unordered_map<std::uint64_t, std::uint64_t> parents_;
  std::unordered_set<std::uint64_t> spills_;  // csses that an ancestor may stand in for
};

}  // namespace

std::unique_ptr<Oracle> make_charged_to_submitter() {
  return std::make_unique<ChargedToSubmitter>();
}

}  // namespace bioscope::oracle

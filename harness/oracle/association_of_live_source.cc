// SPDX-License-Identifier: GPL-2.0-only
// D10: who takes over the cgroup of another bio takes it from one that has not completed, and whose
// blkg is still referenced. A completed bio has given its reference back.
#include <unordered_map>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class AssociationOfLiveSource final : public Oracle {
 public:
  void see(const Step& step) override {
    const bsc_record& record = step.record;
    switch (record.type) {
      case BSC_EVENT_BLKG_ALLOC:
        released_.erase(evidence::payload<bsc_event_blkg_alloc>(record).blkg);
        break;
      case BSC_EVENT_BLKG_RELEASE:
        released_.try_emplace(evidence::payload<bsc_event_blkg_release>(record).blkg, record.order);
        break;
      case BSC_EVENT_BIO_ASSOCIATE_FROM:
        associated(step, evidence::payload<bsc_event_bio_associate_from>(record));
        break;
      default: break;
    }
  }

 private:
  void associated(const Step& step, const bsc_event_bio_associate_from& event) {
    const Bio* source = step.model.current(event.source);
    if (source != nullptr &&
        (source->state == BioState::kCompleted || source->state == BioState::kFreed))
      accuse(step, "source_done", event.source, source->born,
             fmt::format("bio {:#x} took its cgroup at {} from bio {:#x}, which had {} at {}",
                         event.bio, step.record.order, event.source,
                         source->state == BioState::kFreed ? "been freed" : "completed",
                         source->state == BioState::kFreed ? source->freed : source->completed));
    if (const auto gone = released_.find(event.blkg); gone != released_.end())
      accuse(step, "blkg_released", event.blkg, gone->second,
             fmt::format("bio {:#x} took its cgroup at {} from bio {:#x}, whose blkg {:#x} was "
                         "released at {}",
                         event.bio, step.record.order, event.source, event.blkg, gone->second));
  }

  void accuse(const Step& step, std::string_view kind, std::uint64_t object, std::uint64_t since,
              std::string summary) {
    report({.oracle = "association_of_live_source",
            .kind = std::string(kind),
            .summary = std::move(summary),
            .object = object,
            .order = step.record.order,
            .since = since,
            .stack = step.record.stack});
  }

  std::unordered_map<std::uint64_t, std::uint64_t> released_;  // blkgs, and since when
};

}  // namespace

std::unique_ptr<Oracle> make_association_of_live_source() {
  return std::make_unique<AssociationOfLiveSource>();
}

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// A1: a holder is unlinked from a slave as often as it was linked to it, the kernel counts the
// same, and nothing is left when the holder is removed. dm links one pair several times, legally.
#include "harness/oracle/device_number.h"
#include "harness/oracle/holder_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class HolderBalance final : public Oracle {
 public:
  void see(const Step& step) override {
    for (const HolderChange& change : model_.apply(step.record)) {
      switch (change.kind) {
        case HolderChange::Kind::kUnlinkedTooOften:
          accuse(
              step, change, change.pair->bdev, "unlinked_too_often",
              fmt::format("holder {} was unlinked from slave {} although no link of it was left",
                          device_number(change.pair->disk_dev), device_number(change.pair->dev)));
          break;
        case HolderChange::Kind::kMiscounted:
          accuse(
              step, change, change.pair->bdev, "miscounted",
              fmt::format("the kernel counts {} links of holder {} to slave {}, of which {} were "
                          "made and not taken back",
                          change.refs, device_number(change.pair->disk_dev),
                          device_number(change.pair->dev), change.pair->count));
          break;
        case HolderChange::Kind::kRemoving: removing(step, change); break;
        default: break;
      }
    }
  }

 private:
  // That of the slave is legal: a disk may be pulled out under its holder.
  void removing(const Step& step, const HolderChange& change) {
    const Pair& pair = *change.pair;
    const auto& event = evidence::payload<bsc_event_disk_del>(step.record);
    if (pair.disk != event.disk || !pair.known || pair.count == 0) return;
    accuse(step, change, pair.disk, "left_at_removal",
           fmt::format("holder {} is removed while it is still linked {} times to slave {}",
                       device_number(pair.disk_dev), pair.count, device_number(pair.dev)));
  }

  void accuse(const Step& step, const HolderChange& change, std::uint64_t object,
              std::string_view kind, std::string summary) {
    report({.oracle = "holder_balance",
            .kind = std::string(kind),
            .summary = std::move(summary),
            .object = object,
            .order = step.record.order,
            .since = change.since,
            .stack = step.record.stack});
  }

  HolderModel model_;
};

}  // namespace

std::unique_ptr<Oracle> make_holder_balance() { return std::make_unique<HolderBalance>(); }

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// A2: a slave is linked by somebody who has it open exclusively, and that claim lasts until the
// link is taken back. Claims of one device nest, and dm's devices all claim as the same holder.
#include "harness/oracle/device_number.h"
#include "harness/oracle/holder_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class HolderWithinClaim final : public Oracle {
 public:
  void see(const Step& step) override {
    for (const HolderChange& change : model_.apply(step.record)) {
      if (change.kind == HolderChange::Kind::kCalled && step.record.type == BSC_EVENT_HOLDER_LINK)
        linking(step, *change.pair);
      else if (change.kind == HolderChange::Kind::kUnclaimed)
        unclaimed(step, change);
    }
  }

 private:
  void linking(const Step& step, const Pair& pair) {
    // A whole device of which partitions alone are claimed has a bd_holder as well.
    const auto found = model_.claimed().find(pair.bdev);
    const bool counted = found != model_.claimed().end() && found->second.known &&
                         found->second.trying == 0 && found->second.claims == 0;
    if (pair.claimer != 0 && !counted) return;
    accuse(step, "linked_unclaimed", pair.bdev, counted ? found->second.first : step.record.order,
           fmt::format("slave {} is linked to holder {} although nobody has it open exclusively",
                       device_number(pair.dev), device_number(pair.disk_dev)));
  }

  void unclaimed(const Step& step, const HolderChange& change) {
    const Claimed& claimed = *change.claimed;
    for (const auto& [key, pair] : model_.pairs()) {
      if (pair.bdev != claimed.bdev || !pair.known || pair.count == 0) continue;
      accuse(step, "unclaimed_while_linked", pair.bdev, std::min(pair.first, claimed.first),
             fmt::format("the last claim of slave {} is given back while it is linked to holder {}",
                         device_number(pair.dev), device_number(pair.disk_dev)));
    }
  }

  void accuse(const Step& step, std::string_view kind, std::uint64_t object, std::uint64_t since,
              std::string summary) {
    report({.oracle = "holder_within_claim",
            .kind = std::string(kind),
            .summary = std::move(summary),
            .object = object,
            .order = step.record.order,
            .since = since,
            .stack = step.record.stack});
  }

  HolderModel model_;
};

}  // namespace

std::unique_ptr<Oracle> make_holder_within_claim() { return std::make_unique<HolderWithinClaim>(); }

}  // namespace bioscope::oracle

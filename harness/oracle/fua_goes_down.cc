// SPDX-License-Identifier: GPL-2.0-only
// D15: what has to be on the medium when it completes is sent down so. dm keeps FUA on every part
// of such a write, also on the data that it sends after the flush that came with it. Judged where
// the mapped device takes flushes: in front of one that does not the block layer forgets both.
#include <algorithm>
#include <unordered_map>

#include "harness/oracle/bio_op.h"
#include "harness/oracle/device_number.h"
#include "harness/oracle/dm_descent.h"

namespace bioscope::oracle {
namespace {

class FuaGoesDown final : public Oracle {
 public:
  void see(const Step& step) override {
    descent_.see(step);
    for (const Change& change : step.changes)
      if (change.kind == Change::Kind::kCompleted) wanted_.erase(change.bio);
    if (step.record.type != BSC_EVENT_BIO_SUBMIT) return;
    const auto& event = evidence::payload<bsc_event_bio_submit>(step.record);
    const Index index = step.model.index(event.bio);
    if (index == kNoIndex || (event.opf & kOperation) != kWrite || event.size == 0) return;
    if ((event.opf & kFua) == 0) {
      if (const auto* from = descent_.from(step.model, index)) judge(step, event, *from);
    } else if (const Ref bio = step.model.ref(index); !wants(bio)) {
      wanted_.insert_or_assign(index, Wanted{bio.generation, event.dev, step.record.order});
    }
  }

 private:
  // Where a write in flight was first submitted with FUA: dm submits it once more for its data
  // when its flush is done.
  struct Wanted {
    std::uint32_t generation = 0;
    std::uint32_t dev = 0;
    std::uint64_t submitted = 0;
  };

  const Wanted* wants(const Ref& bio) const {
    const auto found = wanted_.find(bio.bio);
    return found == wanted_.end() || found->second.generation != bio.generation ? nullptr
                                                                                : &found->second;
  }

  void judge(const Step& step, const bsc_event_bio_submit& event, const DmDescent::From& from) {
    const std::uint64_t flush = descent_.flush_seen(from.device);
    const Bio* master = step.model.live(from.master);
    const Wanted* wanted = wants(from.master);
    if (from.device == event.dev || flush == 0 || master == nullptr || wanted == nullptr ||
        wanted->dev != from.device)
      return;
    report(
        {.oracle = "fua_goes_down",
         .kind = "dropped",
         .summary = fmt::format(
             "bio {:#x} went down to {} at {} without FUA, for master {:#x}, which was submitted "
             "to {} with it at {}",
             event.bio, device_number(event.dev), step.record.order, master->address,
             device_number(from.device), wanted->submitted),
         .object = master->address,
         .order = step.record.order,
         .since = std::min(wanted->submitted, flush),
         .stack = step.record.stack});
  }

  DmDescent descent_;
  std::unordered_map<Index, Wanted> wanted_;
};

}  // namespace

std::unique_ptr<Oracle> make_fua_goes_down() { return std::make_unique<FuaGoesDown>(); }

}  // namespace bioscope::oracle

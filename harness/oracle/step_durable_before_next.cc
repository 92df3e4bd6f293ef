// SPDX-License-Identifier: GPL-2.0-only
// C3, as the medium has it: what a lane's holder writes has left the cache and is flushed before he
// writes the next, and before he gives up the lane. A killed machine keeps every store, so nothing
// but the calls can show that one is missing.
#include <unordered_map>

#include "harness/oracle/btt_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

constexpr std::uint64_t kInPage = 4095;

std::string describe(const BttAccess& access) {
  using Area = BttAccess::Area;
  switch (access.area) {
    case Area::kInfo: return "the info block";
    case Area::kData: return fmt::format("block {}", access.block);
    case Area::kMeta: return fmt::format("what is kept beside block {}", access.block);
    case Area::kMap: return fmt::format("the map's entry of LBA {}", access.lba);
    case Area::kLog:
      return fmt::format("half {} of slot {} of lane {}'s log", access.half + 1, access.slot,
                         access.lane);
  }
  return {};
}

class StepDurableBeforeNext final : public Oracle {
 public:
  void see(const Step& step) override {
    const bsc_record& record = step.record;
    const auto changes = model_.apply(record);
    switch (record.type) {
      case BSC_EVENT_NSIO_WRITE: {
        // Of this write the change says what it is; its size and place are the record's.
        const auto& event = evidence::payload<bsc_event_nsio_write>(record);
        size_ = event.size;
        offset_ = event.offset;
        break;
      }
      case BSC_EVENT_NVDIMM_PAST_CACHE: {
        const auto& event = evidence::payload<bsc_event_nvdimm_past_cache>(record);
        Written* last = find(record.tid);
        if (last != nullptr && event.size == last->size &&
            (event.address & kInPage) == (last->offset & kInPage))
          last->past_cache = true;
        break;
      }
      case BSC_EVENT_NVDIMM_FLUSH:
        if (Written* last = find(record.tid)) last->flushing = last->past_cache;
        break;
      case BSC_EVENT_NVDIMM_FLUSHED:
        if (Written* last = find(record.tid))
          last->durable |=
              last->flushing && evidence::payload<bsc_event_nvdimm_flushed>(record).result == 0;
        break;
      default: break;
    }
    for (const BttChange& change : changes) switch (change.kind) {
        case BttChange::Kind::kLaneTaken: last_.erase(record.tid); break;
        case BttChange::Kind::kLaneReleased: next(step, change.hold, "the lane is released"); break;
        case BttChange::Kind::kBegun: begun(step, change); break;
        case BttChange::Kind::kEnded:
          // A write that failed is nobody's promise.
          if (change.access.write && change.result != 0) last_.erase(record.tid);
          break;
        case BttChange::Kind::kLogged:
        case BttChange::Kind::kArena:
        case BttChange::Kind::kArenaGone: break;
      }
  }

 private:
  struct Written {
    BttAccess access{};
    std::uint64_t offset = 0;
    std::uint32_t size = 0;
    bool past_cache = false;
    bool flushing = false;
    bool durable = false;
  };

  Written* find(std::uint32_t tid) {
    const auto found = last_.find(tid);
    return found == last_.end() ? nullptr : &found->second;
  }

  void begun(const Step& step, const BttChange& change) {
    if (!change.access.write || change.task->hold.since == 0) return;
    next(step, change.task->hold, describe(change.access) + " is written");
    last_[step.record.tid] = {.access = change.access, .offset = offset_, .size = size_};
  }

  void next(const Step& step, const LaneHold& hold, const std::string& what) {
    const auto node = last_.extract(step.record.tid);
    if (node.empty() || hold.since == 0 || node.mapped().durable) return;
    const Written& last = node.mapped();
    report({.oracle = "step_durable_before_next",
            .kind = last.past_cache ? "not_flushed" : "left_in_cache",
            .summary =
                fmt::format("{} {} when {}", describe(last.access),
                            last.past_cache ? "was not flushed" : "was left in the cache", what),
            .object = last.access.arena,
            .order = step.record.order,
            .since = hold.since,
            .stack = step.record.stack});
  }

  BttModel model_;
  std::unordered_map<std::uint32_t, Written> last_;  // by task, of the lane that it holds
  std::uint64_t offset_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace

std::unique_ptr<Oracle> make_step_durable_before_next() {
  return std::make_unique<StepDurableBeforeNext>();
}

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// D11: a blkg is made, destroyed, released, released after a grace period and freed, each once and
// in this order; no bio gets it, and none goes down with it, once it is released; and one that was
// destroyed is freed. One that could not be put into its lists skips the destruction.
#include <algorithm>
#include <unordered_map>
#include <vector>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

enum class Stage { kAllocated, kCreated, kDestroyed, kReleased, kReleasedByRcu, kFreed };

constexpr const char* kStageNames[] = {
    "allocated", "created", "destroyed", "released", "released after a grace period", "freed"};

class BlkgLifeInOrder final : public Oracle {
 public:
  void see(const Step& step) override {
    const bsc_record& record = step.record;
    switch (record.type) {
      case BSC_EVENT_BLKG_ALLOC: {
        const auto& event = evidence::payload<bsc_event_blkg_alloc>(record);
        allocated(step, event.blkg);
        break;
      }
      case BSC_EVENT_BLKG_CREATE:
        advance(step, evidence::payload<bsc_event_blkg_create>(record).blkg, Stage::kCreated);
        break;
      case BSC_EVENT_BLKG_DESTROY: {
        const auto& event = evidence::payload<bsc_event_blkg_destroy>(record);
        if (event.listed != 0) advance(step, event.blkg, Stage::kDestroyed);
        break;
      }
      case BSC_EVENT_BLKG_RELEASE:
        advance(step, evidence::payload<bsc_event_blkg_release>(record).blkg, Stage::kReleased);
        break;
      case BSC_EVENT_BLKG_RELEASE_RCU:
        advance(step, evidence::payload<bsc_event_blkg_release_rcu>(record).blkg,
                Stage::kReleasedByRcu);
        break;
      case BSC_EVENT_BLKG_FREE:
        freed(step, evidence::payload<bsc_event_blkg_free>(record).blkg);
        break;
      case BSC_EVENT_BIO_ASSOCIATE: {
        const auto& event = evidence::payload<bsc_event_bio_associate>(record);
        used(step, event.blkg, event.bio);
        break;
      }
      case BSC_EVENT_BIO_CHARGE: {
        const auto& event = evidence::payload<bsc_event_bio_charge>(record);
        used(step, event.blkg, event.bio);
        break;
      }
      default: break;
    }
  }

  void conclude(const Closing& closing, const BioModel&) override {
    for (std::size_t i = failed_; i < spare_frees_.size(); ++i) report(spare_frees_[i]);
    std::vector<std::pair<std::uint64_t, const Blkg*>> waiting;
    std::size_t young = 0;
    for (const auto& [address, blkg] : blkgs_) {
      if (blkg.stage < Stage::kDestroyed || blkg.stage == Stage::kFreed) continue;
      if (closing.time < blkg.time + closing.patience)
        ++young;
      else
        waiting.emplace_back(address, &blkg);
    }
    std::ranges::sort(waiting, {}, [](const auto& one) { return one.second->order; });
    for (const auto& [address, blkg] : waiting)
      report(
          {.oracle = "blkg_life_in_order",
           .kind = "never_freed",
           .summary = fmt::format("blkg {:#x}, {} at {}, had not been freed {:.1f} s later",
                                  address, kStageNames[static_cast<int>(blkg->stage)], blkg->order,
                                  static_cast<double>(closing.time - blkg->time) / 1e9),
           .object = address,
           .order = closing.order,
           .since = blkg->born,
           .timed = static_cast<double>(closing.time - blkg->time) /
                    static_cast<double>(std::max<std::uint64_t>(closing.patience, 1))});
    if (young != 0 && waiting.empty())
      undecided(fmt::format("{} blkgs were on their way out when the record ended", young));
  }

 private:
  struct Blkg {
    Stage stage{};
    std::uint64_t born = 0;   // orders
    std::uint64_t order = 0;  // of the last stage
    std::uint64_t time = 0;
  };

  static bool follows(Stage next, Stage now) {
    if (static_cast<int>(next) == static_cast<int>(now) + 1) return true;
    // Refused by the lists: its reference is killed as it is.
    return next == Stage::kReleased && now == Stage::kAllocated;
  }

  void allocated(const Step& step, std::uint64_t address) {
    if (address == 0) {
      ++failed_;
      return;
    }
    const auto found = blkgs_.find(address);
    if (found != blkgs_.end() && found->second.stage != Stage::kFreed)
      accuse(step, "handed_out_alive", address, found->second.born,
             fmt::format("the memory of blkg {:#x}, {} at {}, was handed out again at {}", address,
                         kStageNames[static_cast<int>(found->second.stage)], found->second.order,
                         step.record.order));
    blkgs_[address] = {Stage::kAllocated, step.record.order, step.record.order, step.record.time};
  }

  void advance(const Step& step, std::uint64_t address, Stage next) {
    const auto found = blkgs_.find(address);
    if (found == blkgs_.end()) return;  // older than the record
    Blkg& blkg = found->second;
    if (!follows(next, blkg.stage)) {
      accuse(step, next <= blkg.stage ? "again" : "too_early", address, blkg.born,
             fmt::format("blkg {:#x} was {} at {}, after it had been {} at {}", address,
                         kStageNames[static_cast<int>(next)], step.record.order,
                         kStageNames[static_cast<int>(blkg.stage)], blkg.order));
      if (next < blkg.stage) return;
    }
    blkg.stage = next;
    blkg.order = step.record.order;
    blkg.time = step.record.time;
  }

  // One that was never put into the lists is freed as it is; and 6.1 frees a failed allocation,
  // which has no address in the record, where an older blkg may have been.
  void freed(const Step& step, std::uint64_t address) {
    const auto found = blkgs_.find(address);
    if (found == blkgs_.end()) return;
    Blkg& blkg = found->second;
    if (blkg.stage == Stage::kFreed) {
      spare_frees_.push_back(finding(step, "again", address, blkg.born,
                                     fmt::format("blkg {:#x} was freed at {} and again at {}",
                                                 address, blkg.order, step.record.order)));
      return;
    }
    if (blkg.stage == Stage::kAllocated) {
      blkg.stage = Stage::kFreed;
      blkg.order = step.record.order;
      return;
    }
    advance(step, address, Stage::kFreed);
  }

  void used(const Step& step, std::uint64_t address, std::uint64_t bio) {
    const auto found = blkgs_.find(address);
    if (found == blkgs_.end() || found->second.stage < Stage::kReleased) return;
    accuse(step, "used_after_release", address, found->second.born,
           fmt::format("bio {:#x} had blkg {:#x} at {}, which had been {} at {}", bio, address,
                       step.record.order, kStageNames[static_cast<int>(found->second.stage)],
                       found->second.order));
  }

  static Finding finding(const Step& step, std::string_view kind, std::uint64_t object,
                         std::uint64_t since, std::string summary) {
    return {.oracle = "blkg_life_in_order",
            .kind = std::string(kind),
            .summary = std::move(summary),
            .object = object,
            .order = step.record.order,
            .since = since,
            .stack = step.record.stack};
  }
  void accuse(const Step& step, std::string_view kind, std::uint64_t object, std::uint64_t since,
              std::string summary) {
    report(finding(step, kind, object, since, std::move(summary)));
  }

  std::unordered_map<std::uint64_t, Blkg> blkgs_;
  std::size_t failed_ = 0;            // allocations
  std::vector<Finding> spare_frees_;  // as many as allocations failed are none
};

}  // namespace

std::unique_ptr<Oracle> make_blkg_life_in_order() { return std::make_unique<BlkgLifeInOrder>(); }

}  // namespace bioscope::oracle

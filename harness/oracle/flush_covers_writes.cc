// SPDX-License-Identifier: GPL-2.0-only
// D14: when dm says that a flush is done, each disk below that the device had written to has been
// flushed since. The flush need not be dm's own: a thin pool flushes as it commits. What was
// written past the cache needs none, and a table that changes starts anew.
#include <algorithm>
#include <map>
#include <unordered_map>

#include "harness/oracle/bio_op.h"
#include "harness/oracle/block_status.h"
#include "harness/oracle/device_number.h"
#include "harness/oracle/dm_descent.h"

namespace bioscope::oracle {
namespace {

class FlushCoversWrites final : public Oracle {
 public:
  void see(const Step& step) override {
    descent_.see(step);
    for (const Change& change : step.changes)
      if (change.kind == Change::Kind::kCompleted) completed(step, change.bio);
    switch (step.record.type) {
      case BSC_EVENT_BIO_SUBMIT:
        return submitted(step, evidence::payload<bsc_event_bio_submit>(step.record));
      case BSC_EVENT_DM_IO_COMPLETE:
        return told(step, evidence::payload<bsc_event_dm_io_complete>(step.record));
      case BSC_EVENT_DM_SUSPENDED:
        written_.erase(evidence::payload<bsc_event_dm_suspended>(step.record).dev);
        return;
      case BSC_EVENT_DM_RESUME:
        written_.erase(evidence::payload<bsc_event_dm_resume>(step.record).dev);
        return;
      default: return;
    }
  }

 private:
  // By disk below: the last write to it, from the birth of its bio to its completion.
  struct Write {
    std::uint64_t born = 0;
    std::uint64_t completed = 0;
  };
  using Writes = std::map<std::uint32_t, Write>;

  struct Flying {
    std::uint32_t generation = 0;
    std::uint32_t dev = 0;
    std::uint32_t mapped = 0;  // the mapped device that a write comes from
    std::uint64_t submitted = 0;
    bool flushes = false;
    bool writes = false;
  };
  // What a mapped device had written when it was asked to flush.
  struct Asked {
    std::uint32_t generation = 0;
    Writes written{};
  };

  void submitted(const Step& step, const bsc_event_bio_submit& event) {
    const Index index = step.model.index(event.bio);
    if (index == kNoIndex || (event.opf & kOperation) != kWrite) return;
    const std::uint32_t generation = step.model.at(index).generation;
    const auto* from = descent_.from(step.model, index);
    const Flying flying{.generation = generation,
                        .dev = event.dev,
                        .mapped = from == nullptr ? event.dev : from->device,
                        .submitted = step.record.order,
                        .flushes = (event.opf & kPreflush) != 0,
                        .writes = from != nullptr && from->device != event.dev && event.size != 0 &&
                                  (event.opf & kFua) == 0};
    if (flying.flushes || flying.writes)
      flying_[index] = flying;
    else
      flying_.erase(index);
    const auto written = written_.find(event.dev);
    if (!flying.flushes || written == written_.end()) return;
    // The rest of a bio that dm has split comes by once more.
    if (const auto asked = asked_.find(index);
        asked == asked_.end() || asked->second.generation != generation)
      asked_.insert_or_assign(index, Asked{generation, written->second});
  }

  void completed(const Step& step, Index index) {
    const auto found = flying_.find(index);
    if (found == flying_.end()) return;
    const Flying flying = found->second;
    flying_.erase(found);
    const bool failed = step.record.type == BSC_EVENT_BIO_ENDIO &&
                        evidence::payload<bsc_event_bio_endio>(step.record).status != kStatusOk;
    if (flying.generation != step.model.at(index).generation || failed) return;
    if (flying.flushes) {
      auto& flushed = flushed_[flying.dev];
      flushed = std::max(flushed, flying.submitted);
    }
    if (flying.writes)
      written_[flying.mapped][flying.dev] = {step.model.at(index).born, step.record.order};
  }

  void told(const Step& step, const bsc_event_dm_io_complete& event) {
    const Index index = step.model.index(event.master);
    const auto found = asked_.find(index);
    if (index == kNoIndex || found == asked_.end()) return;
    const Bio& master = step.model.at(index);
    if (found->second.generation != master.generation) {
      asked_.erase(found);
      return;
    }
    // A bio with flush and data is told twice; in front of a device without a cache, once.
    if (event.status != kStatusOk || descent_.flush_seen(master.dev) == 0) return;
    for (const auto& [dev, write] : found->second.written)
      if (!covered(dev, write.completed)) accuse(step, master, dev, write);
    asked_.erase(found);
  }

  // A mapped device in between may be left out if all that it stands on is not. Of one whose table
  // has changed since nothing is known.
  bool covered(std::uint32_t dev, std::uint64_t completed) const {
    const auto flushed = flushed_.find(dev);
    if (flushed != flushed_.end() && flushed->second >= completed) return true;
    const auto below = written_.find(dev);
    if (below == written_.end()) return descent_.is_mapped(dev);
    return std::ranges::all_of(below->second,
                               [&](const auto& disk) { return covered(disk.first, completed); });
  }

  void accuse(const Step& step, const Bio& master, std::uint32_t dev, const Write& write) {
    report({.oracle = "flush_covers_writes",
            .kind = "disk_left_out",
            .summary = fmt::format("flush {:#x} of {} was done at {}, but {} had not been flushed "
                                   "since a write to it completed at {}",
                                   master.address, device_number(master.dev), step.record.order,
                                   device_number(dev), write.completed),
            .object = master.address,
            .order = step.record.order,
            .since = write.born,
            .stack = step.record.stack});
  }

  DmDescent descent_;
  std::unordered_map<Index, Flying> flying_;
  std::unordered_map<Index, Asked> asked_;
  std::unordered_map<std::uint32_t, Writes> written_;         // by mapped device
  std::unordered_map<std::uint32_t, std::uint64_t> flushed_;  // disk, submission of its last flush
};

}  // namespace

std::unique_ptr<Oracle> make_flush_covers_writes() { return std::make_unique<FlushCoversWrites>(); }

}  // namespace bioscope::oracle

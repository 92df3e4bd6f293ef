// SPDX-License-Identifier: GPL-2.0-only
// C4: a block that somebody reads is not written, although it may have become free meanwhile; from
// the first byte of its data to the last of what is kept beside it. Who leaves a lane as a reader
// does not leave it announced as one.
#include <map>
#include <unordered_map>
#include <vector>

#include "harness/oracle/btt_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

using Area = BttAccess::Area;

class BlockNotWrittenWhileRead final : public Oracle {
 public:
  void see(const Step& step) override {
    for (const BttChange& change : model_.apply(step.record)) {
      if (change.kind == BttChange::Kind::kArena || change.kind == BttChange::Kind::kArenaGone) {
        written_.erase(change.arena->is.arena);
        continue;
      }
      if (change.kind == BttChange::Kind::kLogged && change.task->hold.since != 0 &&
          (change.log->flags & BSC_BTT_READING) != 0)
        accuse(step, "still_announced", change.log->arena, change.task->hold.since,
               fmt::format("lane {} is shown as reading a block while its holder writes",
                           change.log->lane));
      if (change.kind == BttChange::Kind::kLaneReleased) reads_.erase(step.record.tid);
      const Area area = change.access.area;
      if (change.kind == BttChange::Kind::kBegun && (area == Area::kData || area == Area::kMeta))
        begun(step, change);
    }
  }

 private:
  void begun(const Step& step, const BttChange& change) {
    const BttAccess& access = change.access;
    for (const auto& [tid, task] : model_.tasks()) {
      const BttAccess& other = task.access;
      if (tid == step.record.tid || !task.in_access || other.write == access.write) continue;
      if (other.area != Area::kData && other.area != Area::kMeta) continue;
      if (other.arena != access.arena || other.block != access.block) continue;
      accuse(step, access.write ? "written_while_read" : "read_while_written", access.arena,
             other.begin,
             fmt::format("task {} {} block {} while task {} {} it", step.record.tid,
                         access.write ? "writes" : "reads", access.block, tid,
                         access.write ? "reads" : "writes"));
    }
    if (access.write) {
      written_[access.arena][access.block] = {step.record.tid, step.record.order};
      return;
    }
    if (access.area == Area::kData) {
      reads_[step.record.tid] = access;
      return;
    }
    const auto read = reads_.find(step.record.tid);
    if (read == reads_.end() || read->second.block != access.block) return;
    const auto found = written_[access.arena].find(access.block);
    if (found == written_[access.arena].end() || found->second.order < read->second.begin) return;
    accuse(step, "written_between_reads", access.arena, read->second.begin,
           fmt::format("task {} wrote block {} after task {} had read its data and before it read "
                       "what is kept beside it",
                       found->second.tid, access.block, step.record.tid));
  }

  void accuse(const Step& step, std::string_view kind, std::uint64_t object, std::uint64_t since,
              std::string summary) {
    report({.oracle = "block_not_written_while_read",
            .kind = std::string(kind),
            .summary = std::move(summary),
            .object = object,
            .order = step.record.order,
            .since = since,
            .stack = step.record.stack});
  }

  struct Writer {
    std::uint32_t tid = 0;
    std::uint64_t order = 0;
  };

  BttModel model_;
  std::unordered_map<std::uint32_t, BttAccess> reads_;  // the data that a task read last
  std::map<std::uint64_t, std::unordered_map<std::uint32_t, Writer>> written_;
};

}  // namespace

std::unique_ptr<Oracle> make_block_not_written_while_read() {
  return std::make_unique<BlockNotWrittenWhileRead>();
}

}  // namespace bioscope::oracle

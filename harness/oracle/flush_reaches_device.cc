// SPDX-License-Identifier: GPL-2.0-only
// B2: what was written through the page cache of a ramdisk before BLKFLSBUF or fdatasync began has
// been given to the ramdisk when that returns. A direct read would not show it: it writes the cache
// back by itself.
#include <map>

#include "harness/oracle/device_number.h"
#include "harness/oracle/oracles.h"
#include "harness/oracle/sector_model.h"

namespace bioscope::oracle {
namespace {

constexpr std::uint32_t kRamdiskMajor = 1;
constexpr std::uint32_t kOperation = 0xff;  // of bi_opf
constexpr std::uint32_t kWrite = 1;

class FlushReachesDevice final : public Oracle {
 public:
  void see(const Step& step) override {
    model_.apply(step.record);
    if (step.record.type == BSC_EVENT_BRD_IO) {
      const auto& event = evidence::payload<bsc_event_brd_io>(step.record);
      if ((event.opf & kOperation) != kWrite) return;
      for (std::uint64_t sector = event.sector; sector < event.sector + event.size / 512; ++sector)
        stored_[{event.dev, sector}] = step.record.order;
    } else if (step.record.type == BSC_EVENT_IO_CALL) {
      // It writes the cache back, or throws it away, by itself.
      const auto& event = evidence::payload<bsc_event_io_call>(step.record);
      if (event.op != BSC_IO_READ && (event.flags & BSC_IO_BUFFERED) == 0) forget(event);
    } else if (model_.returned() != nullptr) {
      on_return(step, *model_.returned());
    }
  }

 private:
  using Key = std::pair<std::uint32_t, std::uint64_t>;  // dev, sector
  struct Dirty {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint32_t writer = 0;
    std::uint64_t counter = 0;
  };

  void forget(const bsc_event_io_call& call) {
    dirty_.erase(dirty_.lower_bound({call.dev, call.sector}),
                 dirty_.lower_bound({call.dev, call.sector + call.sectors}));
  }

  void on_return(const Step& step, const DiskCall& call) {
    const bsc_event_io_call& event = call.event;
    if ((event.dev >> 8 & 0xfff) != kRamdiskMajor || call.result != 0) return;
    if (event.op == BSC_IO_WRITE && (event.flags & BSC_IO_BUFFERED) != 0) {
      for (std::uint64_t sector = event.sector; sector < event.sector + event.sectors; ++sector)
        dirty_[{event.dev, sector}] = {call.begin, call.end, event.writer, event.counter};
    } else if (event.op == BSC_IO_FLUSH_BUFFERS || event.op == BSC_IO_SYNC) {
      for (auto it = dirty_.lower_bound({event.dev, 0});
           it != dirty_.end() && it->first.first == event.dev;) {
        const auto stored = stored_.find(it->first);
        if (stored != stored_.end() && stored->second > it->second.begin) {
          it = dirty_.erase(it);
        } else {
          if (it->second.end < call.begin) accuse(step, call, it->first.second, it->second);
          ++it;
        }
      }
    }
  }

  void accuse(const Step& step, const DiskCall& call, std::uint64_t sector, const Dirty& dirty) {
    const bool flush = call.event.op == BSC_IO_FLUSH_BUFFERS;
    report({.oracle = "flush_reaches_device",
            .kind = flush ? "flush_left_dirty" : "sync_left_dirty",
            .summary = fmt::format(
                "{} of ramdisk {} returned, but sector {} of write {} of writer {}, which had "
                "returned at {}, has never been given to the driver",
                flush ? "BLKFLSBUF" : "fdatasync", device_number(call.event.dev), sector,
                dirty.counter, dirty.writer, dirty.end),
            .object = SectorModel::place(call.event.dev, sector),
            .order = step.record.order,
            .since = dirty.begin,
            .stack = step.record.stack});
  }

  SectorModel model_;
  std::map<Key, std::uint64_t> stored_;  // the last write that the driver got
  std::map<Key, Dirty> dirty_;           // the last buffered write of a sector
};

}  // namespace

std::unique_ptr<Oracle> make_flush_reaches_device() {
  return std::make_unique<FlushReachesDevice>();
}

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// What had been written through the page cache of a ramdisk was no longer there: a buffered read of
// it went to the ramdisk.
#include <set>
#include <unordered_map>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class CacheRefilled final : public Witness {
 public:
  void see(const Step& step) override {
    const auto& record = step.record;
    if (record.type == BSC_EVENT_IO_CALL) {
      const auto& event = evidence::payload<bsc_event_io_call>(record);
      const bool buffered = (event.flags & BSC_IO_BUFFERED) != 0;
      reading_[record.tid] = event.op == BSC_IO_READ && buffered;
      if (event.op == BSC_IO_WRITE && buffered)
        for (std::uint64_t sector = event.sector; sector < event.sector + event.sectors; ++sector)
          written_.emplace(event.dev, sector);
    } else if (record.type == BSC_EVENT_IO_RETURN) {
      reading_.erase(record.tid);
    } else if (record.type == BSC_EVENT_BRD_IO) {
      const auto& event = evidence::payload<bsc_event_brd_io>(record);
      const auto task = reading_.find(record.tid);
      if ((event.opf & 1) == 0 && task != reading_.end() && task->second &&
          written_.contains({event.dev, event.sector}))
        ++count_;
    }
  }

 private:
  std::set<std::pair<std::uint32_t, std::uint64_t>> written_;  // dev, sector
  std::unordered_map<std::uint32_t, bool> reading_;            // by task
};

}  // namespace

std::unique_ptr<Witness> make_cache_refilled() { return std::make_unique<CacheRefilled>(); }

}  // namespace bioscope::oracle

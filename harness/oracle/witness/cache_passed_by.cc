// SPDX-License-Identifier: GPL-2.0-only
// Sectors that a buffered read had brought into the cache were changed past it, and read through it
// again.
#include <map>

#include "harness/oracle/oracles.h"
#include "harness/oracle/sector_model.h"

namespace bioscope::oracle {
namespace {

class CachePassedBy final : public Witness {
 public:
  void see(const Step& step) override {
    model_.apply(step.record);
    if (step.record.type == BSC_EVENT_IO_SEEN && model_.shown() != nullptr &&
        (model_.shown()->event.flags & BSC_IO_BUFFERED) != 0) {
      const auto& event = evidence::payload<bsc_event_io_seen>(step.record);
      bool& passed = places_[event.place];
      if (passed) ++count_;
      passed = false;
    } else if (const DiskCall* call = model_.returned(); call != nullptr) {
      const bool changes = call->event.op == BSC_IO_WRITE || call->event.op == BSC_IO_ZERO ||
                           call->event.op == BSC_IO_DISCARD;
      if (!changes || call->result != 0 || (call->event.flags & BSC_IO_BUFFERED) != 0) return;
      const std::uint64_t end = call->event.sector + call->event.sectors;
      for (std::uint64_t sector = call->event.sector; sector < end; sector += 8)
        if (const auto place = places_.find(SectorModel::place(call->event.dev, sector));
            place != places_.end())
          place->second = true;
    }
  }

 private:
  SectorModel model_;
  std::map<std::uint64_t, bool> places_;  // that were read; whether they were changed since
};

}  // namespace

std::unique_ptr<Witness> make_cache_passed_by() { return std::make_unique<CachePassedBy>(); }

}  // namespace bioscope::oracle

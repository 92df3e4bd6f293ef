// SPDX-License-Identifier: GPL-2.0-only
// dm ended a flush for which bios with a preflush had gone to two disks or more.
#include <set>
#include <unordered_map>

#include "harness/oracle/bio_op.h"
#include "harness/oracle/block_status.h"
#include "harness/oracle/dm_descent.h"

namespace bioscope::oracle {
namespace {

class DisksFlushed final : public Witness {
 public:
  void see(const Step& step) override {
    descent_.see(step);
    if (step.record.type == BSC_EVENT_BIO_SUBMIT) {
      const auto& event = evidence::payload<bsc_event_bio_submit>(step.record);
      const Index index = step.model.index(event.bio);
      if ((event.opf & kPreflush) == 0 || index == kNoIndex) return;
      if (const auto* from = descent_.from(step.model, index);
          from != nullptr && from->device != event.dev)
        flushed_[from->master.bio].insert(event.dev);
    } else if (step.record.type == BSC_EVENT_DM_IO_COMPLETE) {
      const auto& event = evidence::payload<bsc_event_dm_io_complete>(step.record);
      const auto found = flushed_.find(step.model.index(event.master));
      if (found == flushed_.end()) return;
      if (event.status == kStatusOk && found->second.size() > 1) ++count_;
      flushed_.erase(found);
    }
  }

 private:
  DmDescent descent_;
  std::unordered_map<Index, std::set<std::uint32_t>> flushed_;  // disks, by master
};

}  // namespace

std::unique_ptr<Witness> make_disks_flushed() { return std::make_unique<DisksFlushed>(); }

}  // namespace bioscope::oracle

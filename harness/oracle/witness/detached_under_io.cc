// SPDX-License-Identifier: GPL-2.0-only
// A table began to be detached while a bio was inside.
#include <unordered_map>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class DetachedUnderIo final : public Witness {
 public:
  void see(const Step& step) override {
    const bsc_record& record = step.record;
    if (record.type == BSC_EVENT_BTT_SUBMIT)
      inside_[record.tid] = evidence::payload<bsc_event_btt_submit>(record).disk;
    else if (record.type == BSC_EVENT_BTT_SUBMITTED)
      inside_.erase(record.tid);
    else if (record.type == BSC_EVENT_BTT_DETACH)
      for (const auto& [tid, disk] : inside_)
        if (disk == evidence::payload<bsc_event_btt_attached>(record).disk) {
          ++count_;
          break;
        }
  }

 private:
  std::unordered_map<std::uint32_t, std::uint64_t> inside_;  // by task: the disk
};

}  // namespace

std::unique_ptr<Witness> make_detached_under_io() { return std::make_unique<DetachedUnderIo>(); }

}  // namespace bioscope::oracle

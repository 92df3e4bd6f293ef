// SPDX-License-Identifier: GPL-2.0-only
// BLKFLSBUF wrote something back: the ramdisk got a write from the task while it was in that call.
#include <unordered_map>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class BuffersFlushed final : public Witness {
 public:
  void see(const Step& step) override {
    const auto& record = step.record;
    if (record.type == BSC_EVENT_IO_CALL) {
      inside_[record.tid] = evidence::payload<bsc_event_io_call>(record).op == BSC_IO_FLUSH_BUFFERS;
    } else if (record.type == BSC_EVENT_IO_RETURN) {
      inside_.erase(record.tid);
    } else if (record.type == BSC_EVENT_BRD_IO) {
      const bool write = (evidence::payload<bsc_event_brd_io>(record).opf & 1) != 0;
      const auto task = inside_.find(record.tid);
      if (write && task != inside_.end() && task->second) ++count_;
    }
  }

 private:
  std::unordered_map<std::uint32_t, bool> inside_;  // by task: in a call, and in BLKFLSBUF
};

}  // namespace

std::unique_ptr<Witness> make_buffers_flushed() { return std::make_unique<BuffersFlushed>(); }

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// A write overlapped a discard of its page (discard_beside_write), BLKFLSBUF of its disk
// (flush_beside_write), or another write to its page (write_beside_write).
#include <map>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class WriteBeside final : public Witness {
 public:
  explicit WriteBeside(bsc_io_op op) : op_(op) {}

  void see(const Step& step) override {
    if (step.record.type == BSC_EVENT_IO_CALL) {
      const auto& event = evidence::payload<bsc_event_io_call>(step.record);
      if (event.op != BSC_IO_WRITE && event.op != static_cast<std::uint32_t>(op_)) return;
      for (const auto& [call, other] : calls_) {
        const bool together = event.place == 0 || other.place == 0 ? other.dev == event.dev
                                                                   : other.place == event.place;
        if (together && (other.op != event.op || op_ == BSC_IO_WRITE)) ++count_;
      }
      calls_[event.call] = event;
    } else if (step.record.type == BSC_EVENT_IO_RETURN) {
      calls_.erase(evidence::payload<bsc_event_io_return>(step.record).call);
    }
  }

 private:
  bsc_io_op op_;
  std::map<std::uint32_t, bsc_event_io_call> calls_;  // under way
};

}  // namespace

std::unique_ptr<Witness> make_discard_beside_write() {
  return std::make_unique<WriteBeside>(BSC_IO_DISCARD);
}

std::unique_ptr<Witness> make_flush_beside_write() {
  return std::make_unique<WriteBeside>(BSC_IO_FLUSH_BUFFERS);
}

std::unique_ptr<Witness> make_write_beside_write() {
  return std::make_unique<WriteBeside>(BSC_IO_WRITE);
}

}  // namespace bioscope::oracle

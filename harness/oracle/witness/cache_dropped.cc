// SPDX-License-Identifier: GPL-2.0-only
// The page cache of a block device was dropped while it held something: what was clean of it
// (cache_dropped), or a range with what was dirty too (cache_truncated).
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class CacheLost final : public Witness {
 public:
  explicit CacheLost(bsc_cache_op op) : op_(op) {}

  void see(const Step& step) override {
    if (step.record.type != BSC_EVENT_CACHE_OP) return;
    const auto& event = evidence::payload<bsc_event_cache_op>(step.record);
    if (event.op == static_cast<std::uint32_t>(op_) && event.pages != 0) ++count_;
  }

 private:
  bsc_cache_op op_;
};

}  // namespace

std::unique_ptr<Witness> make_cache_dropped() {
  return std::make_unique<CacheLost>(BSC_CACHE_INVALIDATE);
}

std::unique_ptr<Witness> make_cache_truncated() {
  return std::make_unique<CacheLost>(BSC_CACHE_TRUNCATE);
}

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// A bioset that bios had come from was torn down.
#include <unordered_set>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class PoolEmptied final : public Witness {
 public:
  void see(const Step& step) override {
    if (step.record.type == BSC_EVENT_BIO_ALLOC)
      used_.insert(evidence::payload<bsc_event_bio_alloc>(step.record).bioset);
    else if (step.record.type == BSC_EVENT_BIOSET_EXIT)
      count_ += used_.erase(evidence::payload<bsc_event_bioset_exit>(step.record).bioset);
  }

 private:
  std::unordered_set<std::uint64_t> used_;  // biosets
};

}  // namespace

std::unique_ptr<Witness> make_pool_emptied() { return std::make_unique<PoolEmptied>(); }

}  // namespace bioscope::oracle

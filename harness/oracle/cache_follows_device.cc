// SPDX-License-Identifier: GPL-2.0-only
// B3: once a direct write, BLKZEROOUT or BLKDISCARD has returned, a buffered read that begins later
// gets nothing older. What a discard leaves is the device's affair, but the same for both ways in.
#include "harness/oracle/misread.h"

namespace bioscope::oracle {
namespace {

class CacheFollowsDevice final : public Oracle {
 public:
  void see(const Step& step) override {
    const auto misread = model_.apply(step.record);
    if (misread && is_of_cache(*misread))
      report(finding_of("cache_follows_device", *misread, step.record));
  }

 private:
  SectorModel model_;
};

}  // namespace

std::unique_ptr<Oracle> make_cache_follows_device() {
  return std::make_unique<CacheFollowsDevice>();
}

}  // namespace bioscope::oracle

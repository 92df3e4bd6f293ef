// SPDX-License-Identifier: GPL-2.0-only
// B1: a sector that is read is what the last write before left, or a write that the read overlaps.
// A buffered read that misses what went past the cache is cache_follows_device's.
#include "harness/oracle/misread.h"

namespace bioscope::oracle {
namespace {

class ReadsSeeLatestWrite final : public Oracle {
 public:
  void see(const Step& step) override {
    const auto misread = model_.apply(step.record);
    if (misread && !is_of_cache(*misread))
      report(finding_of("reads_see_latest_write", *misread, step.record));
  }

 private:
  SectorModel model_;
};

}  // namespace

std::unique_ptr<Oracle> make_reads_see_latest_write() {
  return std::make_unique<ReadsSeeLatestWrite>();
}

}  // namespace bioscope::oracle

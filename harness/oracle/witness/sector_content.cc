// SPDX-License-Identifier: GPL-2.0-only
// A read of written sectors got its one possible content: what a workload wrote was held against
// what it reads.
#include "harness/oracle/oracles.h"
#include "harness/oracle/sector_model.h"

namespace bioscope::oracle {
namespace {

class SectorContentSeen final : public Witness {
 public:
  void see(const Step& step) override {
    const auto misread = model_.apply(step.record);
    if (model_.shown() != nullptr && model_.choices() == 1 && !misread) ++count_;
  }

 private:
  SectorModel model_;
};

}  // namespace

std::unique_ptr<Witness> make_sector_content() { return std::make_unique<SectorContentSeen>(); }

}  // namespace bioscope::oracle

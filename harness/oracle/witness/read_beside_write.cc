// SPDX-License-Identifier: GPL-2.0-only
// A read and a write of one sector overlapped.
#include "harness/oracle/oracles.h"
#include "harness/oracle/sector_model.h"

namespace bioscope::oracle {
namespace {

class ReadBesideWrite final : public Witness {
 public:
  void see(const Step& step) override {
    model_.apply(step.record);
    if (model_.shown() != nullptr && model_.choices() > 1) ++count_;
  }

 private:
  SectorModel model_;
};

}  // namespace

std::unique_ptr<Witness> make_read_beside_write() { return std::make_unique<ReadBesideWrite>(); }

}  // namespace bioscope::oracle

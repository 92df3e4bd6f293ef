// SPDX-License-Identifier: GPL-2.0-only
// A bio was cut: by bio_split, or by a stacked driver that passed on the rest.
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class BioSplit final : public Witness {
 public:
  void see(const Step& step) override {
    if (step.record.type == BSC_EVENT_BIO_SPLIT || step.record.type == BSC_EVENT_BLOCK_SPLIT)
      ++count_;
  }
};

}  // namespace

std::unique_ptr<Witness> make_bio_split_seen() { return std::make_unique<BioSplit>(); }

}  // namespace bioscope::oracle

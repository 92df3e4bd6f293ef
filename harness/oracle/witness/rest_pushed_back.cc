// SPDX-License-Identifier: GPL-2.0-only
// A target pushed back a part of a split bio, which then got a bio of its own to wait in.
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class RestPushedBack final : public Witness {
 public:
  void see(const Step& step) override {
    if (step.record.type == BSC_EVENT_DM_IO_REWIND) ++count_;
  }
};

}  // namespace

std::unique_ptr<Witness> make_rest_pushed_back() { return std::make_unique<RestPushedBack>(); }

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// dm sent something down that carries no data: a discard, or a write of zeroes.
#include "harness/oracle/bio_op.h"
#include "harness/oracle/dm_descent.h"

namespace bioscope::oracle {
namespace {

class OperationSent final : public Witness {
 public:
  explicit OperationSent(std::uint32_t operation) : operation_(operation) {}

  void see(const Step& step) override {
    descent_.see(step);
    if (step.record.type != BSC_EVENT_BIO_SUBMIT) return;
    const auto& event = evidence::payload<bsc_event_bio_submit>(step.record);
    const Index index = step.model.index(event.bio);
    if ((event.opf & kOperation) != operation_ || index == kNoIndex) return;
    const auto* from = descent_.from(step.model, index);
    if (from != nullptr && from->device != event.dev) ++count_;
  }

 private:
  const std::uint32_t operation_;
  DmDescent descent_;
};

}  // namespace

std::unique_ptr<Witness> make_discard_sent() { return std::make_unique<OperationSent>(kDiscard); }
std::unique_ptr<Witness> make_zeroes_sent() {
  return std::make_unique<OperationSent>(kWriteZeroes);
}

}  // namespace bioscope::oracle

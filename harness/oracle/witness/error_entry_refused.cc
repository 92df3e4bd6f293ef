// SPDX-License-Identifier: GPL-2.0-only
// A reader found an entry of the map that says error, and read nothing.
#include <unordered_map>

#include "harness/oracle/btt_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class ErrorEntryRefused final : public Witness {
 public:
  void see(const Step& step) override {
    for (const BttChange& change : model_.apply(step.record)) {
      const std::uint32_t tid = step.record.tid;
      const auto area = change.access.area;
      if (change.kind == BttChange::Kind::kLaneTaken) {
        found_[tid] = false;
      } else if (change.kind == BttChange::Kind::kEnded && area == BttAccess::Area::kMap) {
        found_[tid] =
            !change.access.write && static_cast<std::uint32_t>(change.word) >> 30 == kBttErrorEntry;
      } else if (change.kind == BttChange::Kind::kBegun) {
        found_[tid] = false;
      } else if (change.kind == BttChange::Kind::kLaneReleased && found_[tid]) {
        ++count_;
      }
    }
  }

 private:
  BttModel model_;
  std::unordered_map<std::uint32_t, bool> found_;  // by task
};

}  // namespace

std::unique_ptr<Witness> make_error_entry_refused() {
  return std::make_unique<ErrorEntryRefused>();
}

}  // namespace bioscope::oracle

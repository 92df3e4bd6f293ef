// SPDX-License-Identifier: GPL-2.0-only
// A5: linking and unlinking a slave returns. Who never returns waits for a lock whose owner waits
// for I/O of the same holder, as a rule; the owner itself leaves no record.
#include <algorithm>

#include "harness/oracle/device_number.h"
#include "harness/oracle/holder_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class HolderCallsReturn final : public Oracle {
 public:
  void see(const Step& step) override { model_.apply(step.record); }

  void conclude(const Closing& closing, const BioModel&) override {
    std::vector<HolderCall> waiting;
    bool young = false;
    for (const auto& [tid, call] : model_.calls()) {
      if (closing.time < call.time + closing.patience)
        young = true;
      else
        waiting.push_back(call);
    }
    std::ranges::sort(waiting, {}, &HolderCall::order);
    for (const HolderCall& call : waiting) {
      // A pair is forgotten when its disk is allocated anew, which a task that hangs may outlive.
      const auto known = model_.pairs().find({call.bdev, call.disk});
      const Pair pair = known == model_.pairs().end() ? Pair{} : known->second;
      const double waited = static_cast<double>(closing.time - call.time);
      report({.oracle = "holder_calls_return",
              .kind = call.link ? "link_never_returned" : "unlink_never_returned",
              .summary = fmt::format(
                  "{} holder {} and slave {}, begun at {}, had not returned {:.1f} s later",
                  call.link ? "linking" : "unlinking", device_number(pair.disk_dev),
                  device_number(pair.dev), call.order, waited / 1e9),
              .object = call.bdev,
              .order = closing.order,
              .since = call.order,
              .timed = waited / static_cast<double>(std::max<std::uint64_t>(closing.patience, 1))});
    }
    if (young && waiting.empty()) undecided("a link or an unlink was under way at the end");
  }

 private:
  HolderModel model_;
};

}  // namespace

std::unique_ptr<Oracle> make_holder_calls_return() { return std::make_unique<HolderCallsReturn>(); }

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// D2: a clone shares its source's pages, so it is out of flight before its source completes or is
// freed; and dm has put every clone of a master before it completes the master.
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class CloneBeforeMaster final : public Oracle {
 public:
  void see(const Step& step) override {
    for (const Change& change : step.changes) {
      const bool completed = change.kind == Change::Kind::kCompleted;
      if (!completed && change.kind != Change::Kind::kFreed) continue;
      const Bio& master = step.model.at(change.bio);
      for (const Ref& ref : master.clones) {
        const Bio* clone = step.model.live(ref);
        if (clone == nullptr || clone->state == BioState::kFreed) continue;
        const Bio* served = step.model.live(clone->master);
        const bool of_dm = served == &master;
        if (clone->state == BioState::kSubmitted || (of_dm && completed))
          accuse(step, master, *clone, completed);
      }
    }
  }

 private:
  void accuse(const Step& step, const Bio& master, const Bio& clone, bool completed) {
    const bool flying = clone.state == BioState::kSubmitted;
    report({.oracle = "clone_before_master",
            .kind = flying ? "clone_in_flight" : "clone_not_put",
            .summary = fmt::format(
                "master bio {:#x} was {} at {} while its clone {:#x} (made at {}) was {}",
                master.address, completed ? "completed" : "freed", step.record.order, clone.address,
                clone.born,
                flying ? fmt::format("in flight since {}", clone.submitted)
                       : std::string("not yet put")),
            .object = master.address,
            .order = step.record.order,
            .since = master.born,
            .stack = step.record.stack});
  }
};

}  // namespace

std::unique_ptr<Oracle> make_clone_before_master() { return std::make_unique<CloneBeforeMaster>(); }

}  // namespace bioscope::oracle

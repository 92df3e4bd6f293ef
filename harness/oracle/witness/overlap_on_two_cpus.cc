// SPDX-License-Identifier: GPL-2.0-only
// Masters of one mapped device that were submitted on two CPUs are in flight at the same time.
#include <unordered_map>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class OverlapOnTwoCpus final : public Witness {
 public:
  void see(const Step& step) override {
    for (const Change& change : step.changes) {
      if (change.kind == Change::Kind::kMapped)
        mapped(step.model, step.model.at(change.bio).master);
      else if (change.kind == Change::Kind::kCompleted)
        completed(change.bio);
    }
  }

 private:
  struct Flight {
    std::uint32_t dev = 0;
    std::uint16_t cpu = 0;
  };

  void mapped(const BioModel& model, const Ref& ref) {
    const Bio* master = model.live(ref);
    if (master == nullptr || master->state != BioState::kSubmitted) return;
    const Flight flight{master->dev, master->submit_cpu};
    if (!flying_.try_emplace(ref.bio, flight).second) return;
    for (const auto& [other, seen] : flying_)
      if (seen.dev == flight.dev && seen.cpu != flight.cpu) {
        ++count_;
        return;
      }
  }

  void completed(Index bio) { flying_.erase(bio); }

  std::unordered_map<Index, Flight> flying_;  // masters that dm took and did not complete
};

}  // namespace

std::unique_ptr<Witness> make_overlap_on_two_cpus() { return std::make_unique<OverlapOnTwoCpus>(); }

}  // namespace bioscope::oracle

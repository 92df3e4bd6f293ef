// SPDX-License-Identifier: GPL-2.0-only
// D8: every submitted bio completes, within the closing's patience after everything else is done.
#include <algorithm>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class BioCompletes final : public Oracle {
 public:
  void see(const Step&) override {}

  void conclude(const Closing& closing, const BioModel& model) override {
    std::vector<const Bio*> waiting;
    std::size_t young = 0;
    for (const Bio& bio : model.bios()) {
      if (bio.state != BioState::kSubmitted) continue;
      if (closing.time < bio.submit_time + closing.patience)
        ++young;
      else
        waiting.push_back(&bio);
    }
    std::ranges::sort(waiting, {}, &Bio::submitted);
    for (const Bio* bio : waiting) {
      const double seconds = static_cast<double>(closing.time - bio->submit_time) / 1e9;
      report({.oracle = "bio_completes",
              .kind = "never_completed",
              .summary = fmt::format("bio {:#x}, submitted at {} on CPU {}, had not completed "
                                     "{:.1f} s later",
                                     bio->address, bio->submitted, bio->submit_cpu, seconds),
              .object = bio->address,
              .order = closing.order,
              .since = bio->submitted,
              .timed = true});
    }
    if (young != 0 && waiting.empty())
      undecided(fmt::format("{} bios were in flight when the record ended", young));
  }
};

}  // namespace

std::unique_ptr<Oracle> make_bio_completes() { return std::make_unique<BioCompletes>(); }

}  // namespace bioscope::oracle

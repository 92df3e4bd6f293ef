// SPDX-License-Identifier: GPL-2.0-only
// D8: every submitted bio completes, within the closing's patience after everything else is done.
// A chained bio completes when the last of its parts does; who counts its parts differently than
// the kernel believes it done too early, so where bio_done is recorded it has to have been seen.
#include <algorithm>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class BioCompletes final : public Oracle {
 public:
  void see(const Step& step) override {
    done_is_recorded_ = done_is_recorded_ || step.record.type == BSC_EVENT_BIO_DONE;
  }

  void conclude(const Closing& closing, const BioModel& model) override {
    std::vector<const Bio*> waiting;
    std::size_t young = 0;
    for (const Bio& bio : model.bios()) {
      if (!waits(bio)) continue;
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
              .timed = static_cast<double>(closing.time - bio->submit_time) /
                       static_cast<double>(std::max<std::uint64_t>(closing.patience, 1))});
    }
    if (young != 0 && waiting.empty())
      undecided(fmt::format("{} bios were in flight when the record ended", young));
  }

 private:
  bool waits(const Bio& bio) const {
    if (bio.state == BioState::kSubmitted) return true;
    return done_is_recorded_ && bio.state == BioState::kCompleted && bio.counted &&
           bio.done < bio.submitted;
  }

  bool done_is_recorded_ = false;
};

}  // namespace

std::unique_ptr<Oracle> make_bio_completes() { return std::make_unique<BioCompletes>(); }

}  // namespace bioscope::oracle

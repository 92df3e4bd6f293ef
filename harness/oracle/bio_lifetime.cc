// SPDX-License-Identifier: GPL-2.0-only
// D1: nothing happens to a bio after it was freed, and its memory is handed out only after that.
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class BioLifetime final : public Oracle {
 public:
  void see(const Step& step) override {
    for (const Change& change : step.changes) {
      const Bio& bio = step.model.at(change.bio);
      switch (change.kind) {
        case Change::Kind::kUsedAfterFree:
          accuse(step, bio, "use_after_free", bio.born,
                 fmt::format("{} of bio {:#x} after it was freed (freed at {}, used at {})",
                             evidence::event_type(step.record.type)->name, bio.address, bio.freed,
                             step.record.order));
          break;
        case Change::Kind::kFreedTwice:
          accuse(step, bio, "double_free", bio.born,
                 fmt::format("bio {:#x} was freed twice (at {} and at {})", bio.address, bio.freed,
                             step.record.order));
          break;
        case Change::Kind::kBornAlive:
          accuse(step, bio, "handed_out_alive", change.since,
                 fmt::format("the memory of bio {:#x}, born at {} and never freed, was handed "
                             "out again at {}",
                             bio.address, change.since, step.record.order));
          break;
        case Change::Kind::kFreedInFlight:
          accuse(step, bio, "freed_in_flight", bio.born,
                 fmt::format("bio {:#x} was freed at {} while in flight (submitted at {}, never "
                             "completed)",
                             bio.address, step.record.order, bio.submitted));
          break;
        default: break;
      }
    }
  }

 private:
  void accuse(const Step& step, const Bio& bio, std::string_view kind, std::uint64_t since,
              std::string summary) {
    report({.oracle = "bio_lifetime",
            .kind = std::string(kind),
            .summary = std::move(summary),
            .object = bio.address,
            .order = step.record.order,
            .since = since,
            .stack = step.record.stack});
  }
};

}  // namespace

std::unique_ptr<Oracle> make_bio_lifetime() { return std::make_unique<BioLifetime>(); }

}  // namespace bioscope::oracle

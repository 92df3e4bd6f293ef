// SPDX-License-Identifier: GPL-2.0-only
// Search: which patch of a series brought a finding, when a trial may miss it. Every patch, and the
// base, is a candidate with a probability: that of what was seen, if this one brought it, weighed
// over all chances that the finding may have. A suspicion decides what is tried first, and nothing
// else: no candidate is more probable for it. Pure; what was seen can be told again in any order.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "harness/plan/chance.h"

namespace bioscope::campaign {

inline constexpr double kSure = 0.95;

class Search {
 public:
  // Step n is the base with n patches, of `patches` there are. `known`: trials of the last step.
  // `suspicion`: a weight above 0 of each patch, from the first on; empty: all are alike.
  Search(unsigned patches, const plan::Count& known, std::vector<double> suspicion = {});

  // One trial of a step showed the finding or did not.
  void saw(unsigned step, bool finding);
  // A step that cannot be tried: it does not build, or does not boot.
  void skip(unsigned step);

  // The step that the next trial is of; nothing once it is over.
  std::optional<unsigned> next() const;
  // How many trials of that step are going to be asked for in a row, if none shows the finding.
  unsigned in_a_row() const;
  // Steps that may well be the next after that one, the likelier of the two first.
  std::vector<unsigned> after() const;

  struct Candidate {
    unsigned patch = 0;  // from 1; 0 is the base
    double probability = 0;
  };
  // The most probable ones that together are sure, the first of them first.
  std::vector<Candidate> suspects() const;
  // Of every candidate, from the base on.
  std::vector<double> probabilities() const;

  // Trials without a finding that make one step as sure as all of them have to be together: those
  // of the base. Another step is left after fewer, since those after it speak for it too; the
  // search comes back to the one before its suspect.
  unsigned trials_per_step() const { return trials_per_step_; }
  // Steps that a search tries, about: for plans and limits.
  unsigned expected_steps() const;

 private:
  struct Seen {
    unsigned found = 0;
    unsigned missed = 0;
  };
  bool stays(unsigned step, const std::vector<double>& chances,
             const std::vector<double>& guesses) const;
  std::optional<unsigned> most_telling(const std::vector<double>& guesses) const;
  std::vector<double> guesses(const std::vector<double>& chances) const;

  plan::Count known_;
  std::vector<double> suspicion_;
  std::vector<Seen> seen_;  // by step
  std::set<unsigned> skipped_{};
  std::optional<unsigned> last_{};  // the step of the last trial
  unsigned trials_per_step_ = 1;
  unsigned trials_per_visit_ = 1;
};

}  // namespace bioscope::campaign

// SPDX-License-Identifier: GPL-2.0-only
// Chance: what counts of trials say of two kernels, and of the trials to come. Pure.
#pragma once

#include <span>
#include <vector>

namespace bioscope::plan {

// Trials that said whether something happened, and in how many it did.
struct Count {
  unsigned seen = 0;
  unsigned trials = 0;
};

// Fisher's exact test, one-sided: the probability that `more` is ahead of `less` by as much as this
// or by more, if both have the same chance. 1 where either has no trial.
double fisher(const Count& less, const Count& more);

// The same tests taken together (Holm): each p as large as it has to be, so that among them all
// one falls below a bound by accident no more often than the bound says. In the order given.
std::vector<double> holm(std::span<const double> p);

// The probability that `trials` further trials show nothing, after `known`, weighed over all
// chances that it may have; 1 if it was never seen. On the careful side: small chances weigh more.
double miss_chance(const Count& known, unsigned trials);

// How many trials of each side would tell chances like these apart at `bound`; 0 if `most` do not.
unsigned trials_to_tell_apart(const Count& less, const Count& more, double bound,
                              unsigned most = 1000);

}  // namespace bioscope::plan

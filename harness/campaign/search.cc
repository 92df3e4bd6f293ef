// SPDX-License-Identifier: GPL-2.0-only
#include "harness/campaign/search.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace bioscope::campaign {
namespace {

constexpr unsigned kMostTrials = 400;  // of a step
// Where all steps are known and it is still not sure, they are tried again, as long as there is
// something to gain: what cannot be tried leaves doubt that nothing else removes.
constexpr unsigned kMostRounds = 8;
constexpr double kWorthwhile = 0.01;

}  // namespace

Search::Search(unsigned patches, const plan::Count& known) : known_(known), seen_(patches + 1) {
  // All the steps of the search together may miss as often as one is not sure.
  const double miss = (1 - kSure) / expected_steps();
  while (trials_per_step_ < kMostTrials && plan::miss_chance(known, trials_per_step_) > miss)
    ++trials_per_step_;
}

unsigned Search::expected_steps() const {
  return std::max(1u, static_cast<unsigned>(std::bit_width(seen_.size() - 1)));
}

void Search::saw(unsigned step, bool finding) {
  ++(finding ? seen_[step].found : seen_[step].missed);
  last_ = step;
}

void Search::skip(unsigned step) {
  skipped_.insert(step);
  last_.reset();
}

bool Search::settled(unsigned step, unsigned rounds) const {
  return seen_[step].found > 0 || seen_[step].missed >= rounds * trials_per_step_;
}

std::vector<double> Search::probabilities() const {
  std::vector<double> result(seen_.size());
  unsigned found = 0;
  unsigned missed = 0;  // at steps that have the candidate
  for (std::size_t candidate = seen_.size(); candidate-- > 0;) {
    found += seen_[candidate].found;
    missed += seen_[candidate].missed;
    // Without it nothing would have been found at a step before.
    const bool before = std::any_of(seen_.begin(), seen_.begin() + static_cast<long>(candidate),
                                    [](const Seen& seen) { return seen.found > 0; });
    result[candidate] =
        before ? 0 : plan::miss_chance({known_.seen + found, known_.trials + found}, missed);
  }
  // Every candidate has seen all that was found, or is none: what was found weighs alike for all.
  const double sum = std::accumulate(result.begin(), result.end(), 0.0);
  if (sum > 0)
    for (double& one : result) one /= sum;
  return result;
}

// The step that best halves what is left, of those that are worth it.
std::optional<unsigned> Search::halving(const std::vector<double>& chances, unsigned rounds) const {
  std::optional<unsigned> best;
  double most = rounds == 1 ? 1e-9 : kWorthwhile;
  double sum = 0;
  for (unsigned step = 0; step + 1 < seen_.size(); ++step) {
    sum += chances[step];
    if (settled(step, rounds) || skipped_.contains(step)) continue;
    if (const double less = std::min(sum, 1 - sum); less > most) {
      most = less;
      best = step;
    }
  }
  return best;
}

std::optional<unsigned> Search::next() const {
  // The base first: without it nothing is known of the series.
  if (!settled(0, 1)) return 0;
  if (seen_[0].found > 0) return std::nullopt;
  const auto chances = probabilities();
  if (*std::ranges::max_element(chances) >= kSure) return std::nullopt;
  // A kernel that is there is tried until it is known.
  if (last_ && !settled(*last_, 1)) return last_;
  for (unsigned rounds = 1; rounds <= kMostRounds; ++rounds)
    if (const auto step = halving(chances, rounds)) return step;
  return std::nullopt;
}

std::vector<Search::Candidate> Search::suspects() const {
  const auto chances = probabilities();
  std::vector<Candidate> all;
  for (unsigned patch = 0; patch < chances.size(); ++patch) all.push_back({patch, chances[patch]});
  std::ranges::stable_sort(all, std::greater(), &Candidate::probability);
  double sum = 0;
  std::size_t taken = 0;
  while (taken < all.size() && sum < kSure) sum += all[taken++].probability;
  all.resize(taken);
  return all;
}

}  // namespace bioscope::campaign

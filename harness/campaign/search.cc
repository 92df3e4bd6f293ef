// SPDX-License-Identifier: GPL-2.0-only
#include "harness/campaign/search.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace bioscope::campaign {
namespace {

constexpr unsigned kMostTrials = 400;  // of a step
// What cannot be tried leaves doubt that nothing else removes: the search ends where a step has
// been tried so many times over, or where it could clear up no more than this.
constexpr unsigned kMostRounds = 8;
constexpr double kWorthwhile = 0.01;
// A kernel is left as soon as a miss is this improbable. One that was left too early costs another
// visit; one that is left late costs trials that the next good one makes superfluous.
constexpr double kPassing = 0.05;

// What is to be prepared for.
constexpr double kLikely = 0.1;

// Of something that happens with this probability, in bits.
double entropy(double chance) {
  if (chance <= 0 || chance >= 1) return 0;
  return -chance * std::log2(chance) - (1 - chance) * std::log2(1 - chance);
}

}  // namespace

Search::Search(unsigned patches, const plan::Count& known, std::vector<double> suspicion)
    : known_(known), suspicion_(std::move(suspicion)), seen_(patches + 1) {
  // All the steps of the search together may miss as often as one is not sure.
  const double miss = (1 - kSure) / expected_steps();
  while (trials_per_step_ < kMostTrials && plan::miss_chance(known, trials_per_step_) > miss)
    ++trials_per_step_;
  while (trials_per_visit_ < trials_per_step_ &&
         plan::miss_chance(known, trials_per_visit_) > kPassing)
    ++trials_per_visit_;
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

// Whether the kernel that is there is tried on, after no trial of it has shown the finding: until
// it says something, and where the patch after it is guessed at, until that one would be sure.
bool Search::stays(unsigned step, const std::vector<double>& chances,
                   const std::vector<double>& guesses) const {
  if (seen_[step].found > 0 || step + 1 == seen_.size()) return false;
  if (seen_[step].missed < trials_per_visit_) return true;
  if (seen_[step].missed >= 2 * trials_per_step_) return false;
  const auto sum = [&](const std::vector<double>& of, unsigned from, std::size_t to) {
    return std::accumulate(of.begin() + from, of.begin() + static_cast<long>(to), 0.0);
  };
  return guesses[step + 1] > sum(guesses, step + 1, guesses.size()) / 2 &&
         chances[step + 1] < kSure * sum(chances, 0, step + 2);
}

// The step whose next trial is expected to tell most, of those that are worth it: it tells nothing
// where all candidates foretell the same, and little where it has missed often before.
std::optional<unsigned> Search::most_telling(const std::vector<double>& guesses) const {
  unsigned found = 0, missed = 0;
  for (const Seen& seen : seen_) {
    found += seen.found;
    missed += seen.missed;
  }
  const plan::Count known{known_.seen + found, known_.trials + found};
  std::optional<unsigned> best;
  double most = 0;
  double here = 0;      // that the step has the culprit
  double misses = 0;    // and the trial does not show it
  double expected = 0;  // doubt of each candidate, which a trial leaves
  for (unsigned step = 0; step + 1 < seen_.size(); ++step) {
    const double miss =
        plan::miss_chance(known, missed + 1) / std::max(1e-300, plan::miss_chance(known, missed));
    missed -= seen_[step].missed;
    here += guesses[step];
    misses += guesses[step] * miss;
    expected += guesses[step] * entropy(miss);
    if (std::min(here, 1 - here) <= kWorthwhile || skipped_.contains(step) ||
        seen_[step].missed >= kMostRounds * trials_per_step_)
      continue;
    if (const double told = entropy(1 - here + misses) - expected; told > most) {
      most = told;
      best = step;
    }
  }
  return best;
}

// What the candidates' chances are taken for where the next step is chosen.
std::vector<double> Search::guesses(const std::vector<double>& chances) const {
  auto result = chances;
  for (std::size_t patch = 1; patch < result.size() && patch <= suspicion_.size(); ++patch)
    result[patch] *= suspicion_[patch - 1];
  const double all = std::accumulate(result.begin(), result.end(), 0.0);
  for (double& one : result) one /= all;
  return result;
}

std::optional<unsigned> Search::next() const {
  // The base first: without it nothing is known of the series.
  if (seen_[0].found > 0) return std::nullopt;
  if (seen_[0].missed < trials_per_step_) return 0;
  const auto chances = probabilities();
  if (*std::ranges::max_element(chances) >= kSure) return std::nullopt;
  const auto guessed = guesses(chances);
  if (last_ && stays(*last_, chances, guessed)) return last_;
  // Where the guess is as good as proven, and it is not sure yet.
  const auto step = most_telling(guessed);
  return step ? step : most_telling(chances);
}

unsigned Search::in_a_row() const {
  Search ahead = *this;
  const auto step = next();
  unsigned trials = 0;
  for (; step && ahead.next() == step; ++trials) ahead.saw(*step, false);
  return trials;
}

std::vector<unsigned> Search::after() const {
  const auto step = next();
  if (!step) return {};
  Search found = *this, missed = *this;
  found.saw(*step, true);
  for (unsigned trials = in_a_row(); trials > 0; --trials) missed.saw(*step, false);
  const auto guessed = guesses(probabilities());
  const double here =
      std::accumulate(guessed.begin(), guessed.begin() + static_cast<long>(*step) + 1, 0.0);
  // Nobody foresees what the base shows.
  std::vector<std::pair<double, const Search*>> ways{{*step == 0 ? 1 : 1 - here, &missed},
                                                     {*step == 0 ? 0 : here, &found}};
  std::ranges::sort(ways, std::greater());
  std::vector<unsigned> steps;
  for (const auto& [chance, then] : ways)
    if (const auto next = chance > kLikely ? then->next() : std::nullopt) steps.push_back(*next);
  return steps;
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

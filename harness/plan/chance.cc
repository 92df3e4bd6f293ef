// SPDX-License-Identifier: GPL-2.0-only
#include "harness/plan/chance.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <boost/math/distributions/hypergeometric.hpp>
#include <boost/math/special_functions/beta.hpp>

namespace bioscope::plan {

double fisher(const Count& less, const Count& more) {
  if (less.trials == 0 || more.trials == 0) return 1;
  const unsigned seen = less.seen + more.seen;
  if (more.seen == 0 || seen == less.trials + more.trials) return 1;
  // How many of all that were seen fall to `more`; at the lower end of its range all of it does.
  const boost::math::hypergeometric_distribution<> falls(seen, more.trials,
                                                         less.trials + more.trials);
  const unsigned fewest = seen > less.trials ? seen - less.trials : 0;
  if (more.seen <= fewest) return 1;
  return cdf(complement(falls, more.seen - 1));
}

std::vector<double> holm(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return p[i]; });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    largest = std::max(largest, p[order[rank]] * static_cast<double>(p.size() - rank));
    adjusted[order[rank]] = std::min(largest, 1.0);
  }
  return adjusted;
}

double miss_chance(const Count& known, unsigned trials) {
  // Beta(0, 1) before anything was seen: a chance is taken for a small one, as those of races are.
  const double seen = known.seen;
  const double unseen = known.trials - known.seen + 1.0;
  if (known.seen == 0) return 1;
  return boost::math::beta(seen, unseen + trials) / boost::math::beta(seen, unseen);
}

unsigned trials_to_tell_apart(const Count& less, const Count& more, double bound, unsigned most) {
  if (less.trials == 0 || more.trials == 0) return 0;
  const auto expected = [](const Count& count, unsigned trials) {
    return Count{
        static_cast<unsigned>(std::lround(static_cast<double>(count.seen) * trials / count.trials)),
        trials};
  };
  for (unsigned trials = 1; trials <= most; ++trials)
    if (fisher(expected(less, trials), expected(more, trials)) < bound) return trials;
  return 0;
}

}  // namespace bioscope::plan

// SPDX-License-Identifier: GPL-2.0-only
#include "harness/plan/interval.h"

#include <cmath>

namespace bioscope::plan {
namespace {

constexpr int kHalvings = 60;

// P(X >= k) of n trials that each succeed with p.
double at_least(unsigned k, unsigned n, double p) {
  double sum = 0;
  for (unsigned i = k; i <= n; ++i)
    sum += std::exp(std::lgamma(n + 1.0) - std::lgamma(i + 1.0) - std::lgamma(n - i + 1.0) +
                    i * std::log(p) + (n - i) * std::log1p(-p));
  return sum;
}

// Where at_least() crosses `wanted`; it grows with p.
double solve(unsigned k, unsigned n, double wanted) {
  double low = 0;
  double high = 1;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (at_least(k, n, middle) < wanted ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

Interval exact_interval(unsigned successes, unsigned trials, double confidence) {
  const double tail = (1 - confidence) / 2;
  Interval interval;
  if (successes > 0) interval.low = solve(successes, trials, tail);
  if (successes < trials) interval.high = solve(successes + 1, trials, 1 - tail);
  return interval;
}

}  // namespace bioscope::plan

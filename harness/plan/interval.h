// SPDX-License-Identifier: GPL-2.0-only
// Interval: what k successes in n trials tell of how often it happens.
#pragma once

namespace bioscope::plan {

struct Interval {
  double low = 0;
  double high = 1;
};

// The exact one of Clopper and Pearson: it covers the truth in at least `confidence` of all cases.
Interval exact_interval(unsigned successes, unsigned trials, double confidence = 0.95);

}  // namespace bioscope::plan

// SPDX-License-Identifier: GPL-2.0-only
// Campaign: builds the kernel of each mutant and runs on it what has to find the bug and what must
// not notice it. Plans and judges nothing itself: harness/run does.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "harness/campaign/kill.h"
#include "harness/campaign/mutant.h"
#include "harness/kbuild/build.h"
#include "harness/run/manifest.h"
#include "harness/run/runner.h"

namespace bioscope::campaign {

// What one mutant is run with.
struct Selection {
  std::vector<run::ScenarioInfo> finding{};
  std::vector<run::ScenarioInfo> undisturbed{};
};

// A usage error if the mutant names a scenario that there is not, or one that it should find does
// not judge by its oracle.
Result<Selection> select(const Mutant& mutant, const run::Manifest& manifest);

struct Options {
  std::string source = "debian:6.1";
  unsigned trials = 1;  // of a finding scenario, at most
  bool all = false;     // every undisturbed scenario, not kQuick of them
  kbuild::Options build{};
  // Options for runs on this kernel.
  std::function<Result<run::Options>(const std::string& kernel)> prepare{};
  std::stop_token stop{};
};

inline constexpr std::size_t kQuick = 2;

// Builds and runs one mutant. An error is one of the host or of what the user gave, or a stop.
Result<Tried> attempt(const Mutant& mutant, const Selection& selection, const Options& options,
                      run::Observer& observer);

}  // namespace bioscope::campaign

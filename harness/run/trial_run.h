// SPDX-License-Identifier: GPL-2.0-only
// One trial from plan to verdict: image, machine, worker, record, judge. For the runner only.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "harness/evidence/run_directory.h"
#include "harness/evidence/trial.h"
#include "harness/run/boot.h"
#include "harness/run/runner.h"

namespace bioscope::run {

struct TrialRun {
  const Options& options;
  const ScenarioInfo& scenario;
  const evidence::RunDirectory& directory;
  evidence::Trial trial{};
  std::function<void(const wire::ToHost&)> heard{};
  // --keep: the guest of a trial that is no PASS stands still while this runs.
  std::function<void(const std::filesystem::path& guest, const std::filesystem::path& gdb)> kept{};
  std::stop_token stop{};
};

// Those modules of the user's that this scenario gets.
std::vector<OwnModule> own_modules(const ScenarioInfo& scenario, const Options& options);

// The plan that is stored before boot.
evidence::Trial plan_trial(const ScenarioInfo& scenario, const Options& options, unsigned number,
                           unsigned attempt);

// Runs it in `shared`, a guest that rests, if there is one that may have it; else in a machine of
// its own, which is left in `shared` if it rests then. An error is one of ours or the host's that
// leaves no record; everything else is a result.
Result<verdict::TrialResult> run_trial(const TrialRun& what, std::unique_ptr<Boot>& shared);

}  // namespace bioscope::run

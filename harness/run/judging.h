// SPDX-License-Identifier: GPL-2.0-only
// Judging a stored record: reads a run directory, judges its trials without any guest, and stores
// what came of it (trials/T/findings.json and verdict). The runner does it after each trial,
// `bioscope judge` at any time later.
#pragma once

#include <filesystem>

#include "harness/base/result.h"
#include "harness/evidence/run_directory.h"
#include "harness/verdict/support.h"
#include "harness/verdict/verdict.h"

namespace bioscope::run {

// Judges one trial and stores the result in its directory.
Result<verdict::TrialResult> judge_trial(const evidence::RunDirectory& run,
                                         const std::filesystem::path& trial,
                                         const verdict::Support& support);

// All trials of a run.
Result<verdict::RunResult> judge_run(const evidence::RunDirectory& run,
                                     const verdict::Support& support);

// Stores what a trial came to.
Status store(const std::filesystem::path& trial, const verdict::TrialResult& result);

}  // namespace bioscope::run

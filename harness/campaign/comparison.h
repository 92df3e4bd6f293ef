// SPDX-License-Identifier: GPL-2.0-only
// Comparison: what runs of the same scenarios on two kernels say of the difference between them.
// The base is the control. Pure: no guest, no file, no clock.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/campaign/sighting.h"
#include "harness/plan/interval.h"
#include "harness/verdict/verdict.h"

namespace bioscope::campaign {

enum class Change { kRegressed, kFixed, kUndecided, kStillFailing, kStillPassing, kSkipped };
std::string_view name(Change change);  // "regressed", "fixed", "undecided", "still failing", ...

// One finding of one scenario, or a scenario without any.
struct Row {
  std::string scenario{};
  Change change = Change::kUndecided;
  // Of trials that say something: how many showed the finding; how many failed, if it has none.
  plan::Count base{};
  plan::Count patched{};
  verdict::Finding finding{};         // oracle empty: the scenario has none
  double p = 1;                       // Fisher's, one-sided, Holm-corrected over all rows
  std::optional<unsigned> decides{};  // of an undecided one: trials per side that would tell
  std::string why{};                  // of an undecided or skipped one: a sentence
  std::string directory{};            // of the run that shows it
  std::string replay{};               // the command that does it again
};

struct Comparison {
  std::vector<Row> rows{};  // regressed first, then as in Change
};

inline constexpr double kSignificant = 0.05;
// From so many trials on, always against never is taken for a change however many rows there are.
inline constexpr unsigned kAlwaysAgainstNever = 5;

// The runs of both sides are matched by scenario; one that only one side has is left out.
Comparison compare(std::span<const verdict::RunResult> base,
                   std::span<const verdict::RunResult> patched);

unsigned count(const Comparison& comparison, Change change);

// 1 if something regressed, else 3 if something is undecided, else 0.
int exit_code(const Comparison& comparison);

}  // namespace bioscope::campaign

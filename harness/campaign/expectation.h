// SPDX-License-Identifier: GPL-2.0-only
// Expectation: what the series.toml of a patch on trial says of each scenario, held against a
// comparison, so that what is written beside a patch is what a trial shows.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/campaign/comparison.h"

namespace bioscope::campaign {

struct Expected {
  std::string scenario{};
  Change change = Change::kStillPassing;
  std::string oracle{};  // that shows the change; empty: any
};

struct Expectation {
  std::filesystem::path directory{};  // of the series
  std::string base{};                 // a source: debian:6.1
  std::vector<Expected> scenarios{};
};

// series.toml of a directory of patches: base, thread, intent, and a table [expected] of scenarios
// with "still passing", "regressed by ORACLE" and so on. A usage error names file and line.
Result<Expectation> read_expectation(const std::filesystem::path& directory);

enum class Met { kYes, kNo, kUnsaid };  // kUnsaid: the trials do not tell

struct Outcome {
  Expected expected{};
  Met met = Met::kUnsaid;
  std::string is{};  // "regressed by X, Y", "undecided"
};
// One per scenario that something is expected of. Of a scenario's findings the worst counts.
std::vector<Outcome> hold(const Expectation& expectation, const Comparison& comparison);

std::string to_text(const Expectation& expectation, const std::vector<Outcome>& outcomes);

// 0 if all is as expected, 1 if something is otherwise, else 3.
int exit_code(const std::vector<Outcome>& outcomes);

}  // namespace bioscope::campaign

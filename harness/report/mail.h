// SPDX-License-Identifier: GPL-2.0-only
// Mail: a finding as plain text that can be sent to a kernel list: what must hold, what happened
// instead, where, on which kernel, and how to see it again. 72 columns as far as words allow.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/evidence/run_directory.h"
#include "harness/verdict/verdict.h"

namespace bioscope::report {

inline constexpr std::size_t kMailColumns = 72;

struct Mail {
  evidence::RunInfo run{};
  verdict::Finding finding{};
  std::string invariant{};           // of the finding's oracle, one sentence; empty if it has none
  unsigned trials = 0;               // of the run
  unsigned seen = 0;                 // of them, with this fingerprint
  std::vector<std::string> life{};   // of its object with the stacks, at most kMailColumns wide
  std::vector<std::string> stack{};  // of the finding, innermost first, where there is no life
  std::vector<std::string> console{};
  std::vector<std::string> plan{};    // faults that were armed, one each
  std::vector<std::string> others{};  // other findings, one each
  std::vector<std::string> again{};   // commands
  std::string directory{};            // of the run
};

std::string to_mail(const Mail& mail);

}  // namespace bioscope::report

// SPDX-License-Identifier: GPL-2.0-only
// A comparison for people and for machines: terminal, mail, Markdown, JSON, JUnit. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/campaign/comparison.h"

namespace bioscope::campaign {

// The two kernels, as a reader knows them.
struct Sides {
  std::string base{};  // as the user named them
  std::string patched{};
  std::string base_kernel{};  // release and version
  std::string patched_kernel{};
  // Why one could not be compared; empty if it was. Of the base: then nothing is blamed.
  std::string base_trouble{};
  std::string patched_trouble{};
};

std::string to_terminal(const Sides& sides, const Comparison& comparison);
std::string to_mail(const Sides& sides, const Comparison& comparison);
std::string to_markdown(const Sides& sides, const Comparison& comparison);
std::string to_json(const Sides& sides, const Comparison& comparison);
std::string to_junit(const Sides& sides, const Comparison& comparison);

// 3 if the base is no control, 1 if the patched one does not build or boot, else the comparison's.
int exit_code(const Sides& sides, const Comparison& comparison);

}  // namespace bioscope::campaign

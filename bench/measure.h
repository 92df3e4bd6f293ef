// SPDX-License-Identifier: GPL-2.0-only
// Measures: one file each. Every one returns a ratio against a named peer or limit, taken in one
// run in alternating pairs; nothing here judges a number.
#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::bench {

struct Measure {
  std::string name{};
  double ours = 0;
  double peer = 0;
  double ratio = 0;
  std::string unit{};
  std::string peer_name{};
  std::string note{};
};

struct Bench {
  std::filesystem::path program{};  // build/bioscope
  std::filesystem::path scratch{};  // a directory that is removed afterwards
};

Result<std::vector<Measure>> cold_start(const Bench& bench);
Result<std::vector<Measure>> judge_rate(const Bench& bench);
Result<std::vector<Measure>> image(const Bench& bench);
Result<std::vector<Measure>> probe_overhead(const Bench& bench);
Result<std::vector<Measure>> rebuild_one_module(const Bench& bench);
Result<std::vector<Measure>> bisect_32(const Bench& bench);
Result<std::vector<Measure>> crash_images(const Bench& bench);
Result<std::vector<Measure>> nvdimm_check(const Bench& bench);

inline double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

template <class F>
Result<double> seconds(F&& action) {
  const auto start = std::chrono::steady_clock::now();
  BSC_TRY(action());
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace bioscope::bench

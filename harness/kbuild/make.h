// SPDX-License-Identifier: GPL-2.0-only
// One make of a kernel, followed while it runs. What a broken make leaves behind is swept away
// before the next one, whatever ended it. This folder only.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::kbuild {

struct Make {
  std::filesystem::path tree{};          // where its Makefile is
  std::string out{};                     // the folder of objects in it
  std::vector<std::string> arguments{};  // variables and targets
  // Targets that are known to be up to date, with all that they hang on. Since a make does not hand
  // such knowledge on, it runs where the objects are then.
  std::vector<std::string> settled{};
  std::map<std::string, std::string> environment{};
  std::filesystem::path log{};
  std::stop_token stop{};
  std::function<bool()> hold{};                     // asked often; true: it stands still
  std::function<void(std::size_t targets)> step{};  // from time to time
};

struct Made {
  bool ok = false;
  std::size_t targets = 0;
};

// Runs to the end. An error only if it could not run or was stopped; a make that failed is told
// by Made, and why by the log.
Result<Made> run_make(const Make& make);

// Removes what was written to `out` since a make began that nobody saw the end of: half an object
// file looks finished to make.
Status sweep(const std::filesystem::path& tree, const std::string& out);

}  // namespace bioscope::kbuild

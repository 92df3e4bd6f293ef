// SPDX-License-Identifier: GPL-2.0-only
// ModuleLine: kernel modules of the user's own on a command line, each FILE or 'FILE PARAMETER...'.
// What is wrong with a file is told before anything is fetched or booted.
#pragma once

#include <string>
#include <vector>

#include "harness/kernel/kernel.h"
#include "harness/run/runner.h"

namespace bioscope::cli {

struct ModuleLine {
  std::vector<std::string> values{};      // as given, in the order in which they are loaded
  std::vector<run::OwnModule> modules{};  // once they were read
  std::vector<std::string> needs{};       // "module:NAME": what they depend on beside each other

  Status read();
  // A usage error for one that this kernel would refuse.
  Status check(const kernel::Kernel& kernel) const;
};

}  // namespace bioscope::cli

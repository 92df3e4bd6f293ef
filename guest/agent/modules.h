// SPDX-License-Identifier: GPL-2.0-only
// Modules: loads what the image holds into the running kernel. Any thread and any process of the
// guest may use one; the kernel settles races.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "guest/agent/module_table.h"
#include "harness/base/result.h"

namespace bioscope::agent {

class Modules {
 public:
  // With the image's table; without one if the image has none.
  static Result<Modules> open();

  // `request` is a name or an alias; words after it are the parameters of the module itself. Does
  // nothing for what is loaded or built in. Returns the names of the modules that answer.
  Result<std::vector<std::string>> load(std::string_view request) const;

  bool knows(std::string_view request) const;

  // Text symbols of the modules that are loaded, as lines of /proc/kallsyms.
  std::string symbols() const;

  // One file, whose dependencies must be there.
  static Status load_file(const std::string& path, const std::string& parameters);

 private:
  ModuleTable table_;
};

}  // namespace bioscope::agent

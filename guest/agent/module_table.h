// SPDX-License-Identifier: GPL-2.0-only
// Module table: which modules the image holds, what each needs first, and which aliases they
// answer to. Written by harness/image, whose image.h fixes the format; read by the agent.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::agent {

struct Module {
  std::string name;  // with '_'
  std::string path;
  std::vector<std::string> dependencies;
};

class ModuleTable {
 public:
  // Unknown kinds of lines are skipped; a line that lacks a word is an error that names it.
  static Result<ModuleTable> parse(std::string_view text);

  const std::map<std::string, Module, std::less<>>& modules() const { return modules_; }
  bool builtin(std::string_view name) const;

  // The modules that answer to `request`, a name or an alias. Empty if none does.
  std::vector<std::string> resolve(std::string_view request) const;

  // What to load for the module `name`, in an order that loads and ends with soft dependencies
  // that come after it. An error names the module that the image lacks.
  Result<std::vector<Module>> closure(std::string_view name) const;

 private:
  struct SoftDependency {
    std::string module;
    bool before = true;
  };
  struct Alias {
    std::string pattern;
    std::string module;
  };

  Status add_closure(const std::string& name, std::set<std::string>& seen,
                     std::vector<Module>& order) const;
  void add_soft(const std::string& name, bool before, std::set<std::string>& seen,
                std::vector<Module>& order) const;

  std::map<std::string, Module, std::less<>> modules_;
  std::vector<Alias> aliases_;
  std::multimap<std::string, SoftDependency> soft_;
  std::set<std::string, std::less<>> builtin_;
};

// '-' becomes '_' except inside brackets, as the kernel's own tools see names and aliases.
std::string plain_name(std::string_view name);

}  // namespace bioscope::agent

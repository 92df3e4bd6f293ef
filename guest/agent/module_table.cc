// SPDX-License-Identifier: GPL-2.0-only
#include "guest/agent/module_table.h"

#include <fnmatch.h>

#include <algorithm>
#include <sstream>

namespace bioscope::agent {

std::string plain_name(std::string_view name) {
  std::string plain(name);
  bool bracket = false;
  for (char& c : plain) {
    if (c == '[') bracket = true;
    if (c == ']') bracket = false;
    if (c == '-' && !bracket) c = '_';
  }
  return plain;
}

Result<ModuleTable> ModuleTable::parse(std::string_view text) {
  ModuleTable table;
  std::istringstream lines{std::string(text)};
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::istringstream words(line);
    std::string kind;
    std::string first;
    std::string second;
    words >> kind >> first >> second;
    const auto lacks = [&] {
      return guest_error("line {} of the module table lacks a word: {}", number, line);
    };
    if (kind == "module") {
      if (second.empty()) return lacks();
      Module module{plain_name(first), second, {}};
      for (std::string word; words >> word;) module.dependencies.push_back(plain_name(word));
      table.modules_.insert_or_assign(module.name, module);
    } else if (kind == "alias") {
      if (second.empty()) return lacks();
      table.aliases_.push_back({plain_name(first), plain_name(second)});
    } else if (kind == "softdep") {
      std::string module;
      if (!(words >> module)) return lacks();
      table.soft_.emplace(plain_name(first), SoftDependency{plain_name(module), second == "pre"});
    } else if (kind == "builtin") {
      if (first.empty()) return lacks();
      table.builtin_.insert(plain_name(first));
    }
  }
  return table;
}

bool ModuleTable::builtin(std::string_view name) const {
  return builtin_.contains(plain_name(name));
}

std::vector<std::string> ModuleTable::resolve(std::string_view request) const {
  const std::string name = plain_name(request);
  if (modules_.contains(name)) return {name};
  std::vector<std::string> names;
  for (const auto& alias : aliases_)
    if (::fnmatch(alias.pattern.c_str(), name.c_str(), 0) == 0 &&
        std::find(names.begin(), names.end(), alias.module) == names.end())
      names.push_back(alias.module);
  return names;
}

void ModuleTable::add_soft(const std::string& name, bool before, std::set<std::string>& seen,
                           std::vector<Module>& order) const {
  const auto [first, last] = soft_.equal_range(name);
  for (auto it = first; it != last; ++it) {
    if (it->second.before != before) continue;
    for (const auto& module : resolve(it->second.module)) {
      // Soft: what cannot be had is done without.
      auto seen_now = seen;
      auto order_now = order;
      if (!add_closure(module, seen_now, order_now)) continue;
      seen = std::move(seen_now);
      order = std::move(order_now);
    }
  }
}

Status ModuleTable::add_closure(const std::string& name, std::set<std::string>& seen,
                                std::vector<Module>& order) const {
  if (builtin_.contains(name) || !seen.insert(name).second) return {};
  const auto it = modules_.find(name);
  if (it == modules_.end()) return guest_error("the image holds no module {}", name);
  add_soft(name, true, seen, order);
  for (const auto& dependency : it->second.dependencies)
    BSC_TRY(within(name, add_closure(dependency, seen, order)));
  order.push_back(it->second);
  add_soft(name, false, seen, order);
  return {};
}

Result<std::vector<Module>> ModuleTable::closure(std::string_view name) const {
  std::set<std::string> seen;
  std::vector<Module> order;
  BSC_TRY(add_closure(plain_name(name), seen, order));
  return order;
}

}  // namespace bioscope::agent

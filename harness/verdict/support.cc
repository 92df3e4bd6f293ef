// SPDX-License-Identifier: GPL-2.0-only
#include "harness/verdict/support.h"

#include <fnmatch.h>

#include <toml++/toml.h>

namespace bioscope::verdict {
namespace {

bool matches(const std::string& pattern, std::string_view text) {
  return ::fnmatch(pattern.c_str(), std::string(text).c_str(), 0) == 0;
}

}  // namespace

Result<Support> Support::parse(std::string_view toml) {
  Support support;
  try {
    const toml::table table = toml::parse(toml);
    for (const auto& [key, node] : table) {
      if (key.str() != "lacks" || !node.is_array_of_tables())
        return usage_error("support.toml knows only [[lacks]], not {}", key.str());
      for (const toml::node& element : *node.as_array()) {
        Rule rule;
        for (const auto& [name, value] : *element.as_table()) {
          std::string* member = name.str() == "kernel"     ? &rule.kernel
                                : name.str() == "scenario" ? &rule.scenario
                                : name.str() == "oracle"   ? &rule.oracle
                                : name.str() == "reason"   ? &rule.reason
                                : name.str() == "bug"      ? &rule.bug
                                : name.str() == "like"     ? &rule.like
                                                           : nullptr;
          if (member == nullptr || !value.is_string())
            return usage_error("support.toml line {}: {} is no member of [[lacks]]",
                               value.source().begin.line, name.str());
          *member = *value.value<std::string>();
        }
        if (rule.kernel.empty() || rule.scenario.empty() || rule.reason.empty())
          return usage_error("support.toml line {}: [[lacks]] needs kernel, scenario and reason",
                             element.source().begin.line);
        support.rules_.push_back(std::move(rule));
      }
    }
  } catch (const toml::parse_error& error) {
    return usage_error("support.toml line {}: {}", error.source().begin.line, error.description());
  }
  return support;
}

std::optional<std::string> Support::skips(std::string_view release,
                                          std::string_view scenario) const {
  for (const Rule& rule : rules_)
    if (rule.oracle.empty() && matches(rule.kernel, release) && matches(rule.scenario, scenario))
      return rule.reason;
  return {};
}

std::optional<std::string> Support::known_bug(std::string_view release,
                                              std::string_view scenario) const {
  for (const Rule& rule : rules_)
    if (!rule.bug.empty() && matches(rule.kernel, release) && matches(rule.scenario, scenario))
      return rule.bug;
  return {};
}

std::optional<std::string> Support::likely_bug(std::string_view release,
                                               std::string_view scenario) const {
  for (const Rule& rule : rules_)
    if (!rule.like.empty() && matches(rule.like, release) && matches(rule.scenario, scenario))
      return rule.bug;
  return {};
}

std::optional<std::string> Support::excuses(std::string_view release, std::string_view scenario,
                                            std::string_view oracle) const {
  for (const Rule& rule : rules_)
    if (rule.oracle == oracle && matches(rule.kernel, release) && matches(rule.scenario, scenario))
      return rule.reason;
  return {};
}

}  // namespace bioscope::verdict

// SPDX-License-Identifier: GPL-2.0-only
// regcomp() and not std::regex: its matcher is an automaton, so no rule can make parsing slow.
#include <regex.h>

#include <array>
#include <utility>

#include "harness/evidence/console.h"

namespace bioscope::evidence {
namespace {

struct FreeRegex {
  void operator()(regex_t* regex) const {
    ::regfree(regex);
    delete regex;
  }
};
using Regex = std::unique_ptr<regex_t, FreeRegex>;

Result<Regex> compile_regex(const AllowRule& rule, const std::string& pattern) {
  auto storage = std::make_unique<regex_t>();
  const int code = ::regcomp(storage.get(), pattern.c_str(), REG_EXTENDED | REG_NOSUB);
  if (code != 0) {
    std::array<char, 160> why{};
    ::regerror(code, storage.get(), why.data(), why.size());
    return usage_error("allow rule '{}': '{}' is no extended regular expression: {}", rule.reason,
                       pattern, why.data());
  }
  return Regex(storage.release());
}

bool matches(const Regex& regex, const std::string& text) {
  return ::regexec(regex.get(), text.c_str(), 0, nullptr, 0) == 0;
}

}  // namespace

struct AllowList::Rule {
  Regex pattern;
  Regex kernel;  // null: every kernel
  std::string reason;
};

AllowList::AllowList() = default;
AllowList::AllowList(AllowList&&) noexcept = default;
AllowList& AllowList::operator=(AllowList&&) noexcept = default;
AllowList::~AllowList() = default;

Result<AllowList> AllowList::compile(const std::vector<AllowRule>& rules) {
  AllowList list;
  for (const auto& rule : rules) {
    if (rule.pattern.empty())
      return usage_error("allow rule '{}' has no pattern and would allow every splat: give one",
                         rule.reason);
    if (rule.reason.empty())
      return usage_error("allow rule for '{}' has no reason: say why the splat is accepted",
                         rule.pattern);
    Rule compiled{.pattern = {}, .kernel = {}, .reason = rule.reason};
    BSC_TRY_ASSIGN(compiled.pattern, compile_regex(rule, rule.pattern));
    if (!rule.kernel.empty()) {
      BSC_TRY_ASSIGN(compiled.kernel, compile_regex(rule, rule.kernel));
    }
    list.rules_.push_back(std::move(compiled));
  }
  return list;
}

std::string_view AllowList::reason(const Splat& splat, std::string_view release) const {
  if (rules_.empty()) return {};
  const auto text = readable(splat);
  const std::string kernel(release);
  for (const auto& rule : rules_)
    if ((!rule.kernel || matches(rule.kernel, kernel)) && matches(rule.pattern, text))
      return rule.reason;
  return {};
}

}  // namespace bioscope::evidence

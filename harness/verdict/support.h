// SPDX-License-Identifier: GPL-2.0-only
// Support: what a kernel is known to lack, from suites/support.toml. Only this allows a skip or
// makes an oracle not applicable; each rule says why.
//   [[lacks]]
//   kernel = "6.12.*"           glob over the release
//   scenario = "btt/rw_page"    glob over suite/property
//   oracle = "rw_page_ends"     optional: this oracle only; else the whole scenario
//   reason = "rw_page went with 6.3 (3222d8c2a7f8)"
//   bug = "docs/found/02"       optional: the kernel cannot pass, so the scenario is not even begun
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::verdict {

class Support {
 public:
  // A usage error names the rule that lacks a member or has an unknown one.
  static Result<Support> parse(std::string_view toml);

  // The reason why a scenario may be skipped on a kernel, if one is listed.
  std::optional<std::string> skips(std::string_view release, std::string_view scenario) const;
  // What is known to be wrong with this kernel, so that the scenario cannot pass on it.
  std::optional<std::string> known_bug(std::string_view release, std::string_view scenario) const;
  // The same of a kernel that is like it, and may have been mended: the scenario runs.
  std::optional<std::string> likely_bug(std::string_view release, std::string_view scenario) const;
  // The reason why an oracle does not apply.
  std::optional<std::string> excuses(std::string_view release, std::string_view scenario,
                                     std::string_view oracle) const;

 private:
  struct Rule {
    std::string kernel{};
    std::string scenario{};
    std::string oracle{};
    std::string reason{};
    std::string bug{};
    std::string like{};
  };
  std::vector<Rule> rules_;
};

}  // namespace bioscope::verdict

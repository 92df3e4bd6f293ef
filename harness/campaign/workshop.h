// SPDX-License-Identifier: GPL-2.0-only
// Workshop: what a bisection of a real series works with: builds its kernels, when they are asked
// for or ahead of that, runs trials on them, and looks up where a finding came through.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/campaign/ahead.h"
#include "harness/campaign/attentive.h"
#include "harness/campaign/bisect.h"
#include "harness/campaign/side.h"

namespace bioscope::campaign {

// The patches on their base, however they were named.
struct Range {
  std::string source{};
  std::vector<series::Patch> patches{};
  std::string name{};  // of the journal's folder
};

class Workshop {
 public:
  struct Tools {
    kbuild::Options build{};
    // Options for runs on this kernel.
    std::function<Result<run::Options>(const std::string& kernel)> prepare{};
    std::stop_token stop{};
    std::function<void(std::string_view)> at{};   // what it works at
    std::function<void(std::string_view)> say{};  // a line for people
  };
  // Kernels are called after `name`, which no other bisection has.
  Workshop(const Range& range, std::string name, std::vector<run::ScenarioInfo> scenarios,
           Tools tools, run::Observer& observer);

  // Gives a bisection its make, make_without, run, at_once, ahead and suspect. They use this.
  void equip(BisectOptions& options);

 private:
  Result<Made> make(std::vector<series::Patch> patches, const std::string& what,
                    const kbuild::Options& how) const;
  Result<Made> make_first(unsigned patches, const kbuild::Options& how) const;
  Result<Made> make_without(unsigned culprit);
  Result<std::vector<BisectOptions::Ran>> run(const BisectOptions::Order& order);
  unsigned at_once(const std::string& scenario) const;
  std::vector<double> suspect(const std::string& directory,
                              const std::vector<verdict::Finding>& findings) const;

  const Range& range_;
  const std::string name_;
  const std::vector<run::ScenarioInfo> scenarios_;
  const Tools tools_;
  const unsigned machines_;
  Attentive attentive_;
  Ahead ahead_;  // last: it uses the others
};

}  // namespace bioscope::campaign

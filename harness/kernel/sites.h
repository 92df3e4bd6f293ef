// SPDX-License-Identifier: GPL-2.0-only
// Sites: which functions and race points a kernel has when some of its modules are loaded, as far
// as its files tell before it boots.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/kernel/kernel.h"

namespace bioscope::kernel {

class Sites {
 public:
  // The modules and all that they depend on; one that is built in or not there adds nothing.
  static Result<Sites> open(const Kernel& kernel, std::span<const std::string> modules);

  // Whether BTF knows the function; nothing if some of it cannot be read here.
  std::optional<bool> has_function(std::string_view name) const;
  // Names of patches/instrument; nothing if the kernel's text cannot be read here.
  const std::optional<std::set<std::string>>& points() const { return points_; }
  // "vmlinux, brd, dm_mod"
  std::string places() const;

 private:
  std::vector<Btf> btfs_;
  std::vector<std::string> places_;
  bool whole_ = true;
  std::optional<std::set<std::string>> points_;
};

}  // namespace bioscope::kernel

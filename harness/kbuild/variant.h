// SPDX-License-Identifier: GPL-2.0-only
// Variants: what a kernel is built with besides its configuration: sanitizers, lock checking,
// functions that stay visible to probes. Plain is the control. They combine, KASAN with KCSAN
// excepted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::kbuild {

struct Variant {
  bool kasan = false;
  bool lockdep = false;
  bool kcsan = false;
  bool observable = false;

  // "plain", "kasan+lockdep"
  std::string name() const;
  // The fragments of config/ that it adds, in order; what is observable has none.
  std::vector<std::string_view> fragments() const;
  // Variables for make.
  std::vector<std::string> make_variables() const;
  // A usage error if the parts exclude each other.
  Status check() const;
};

}  // namespace bioscope::kbuild

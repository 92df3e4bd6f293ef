// SPDX-License-Identifier: GPL-2.0-only
// Text about packages: a reference NAME or NAME=VERSION, and the fields of a control record. Pure;
// for this folder alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::package {

struct Reference {
  std::string name{};
  std::string version{};  // empty: the candidate

  // A usage error for what can be no package, so that a reference is safe as a file name.
  static Result<Reference> parse(std::string_view text);

  std::string text() const;       // as apt takes it
  std::string file_name() const;  // NAME_VERSION without a colon
};

// The value of a field of the first record, continuation lines included; empty if absent.
std::string field(std::string_view record, std::string_view name);

// Names in Pre-Depends and Depends; of alternatives the first.
std::vector<std::string> dependencies(std::string_view record);

}  // namespace bioscope::package

// SPDX-License-Identifier: GPL-2.0-only
// The grammar of --kernel SPEC. This folder only.
#pragma once

#include <string>
#include <string_view>

#include "harness/base/result.h"

namespace bioscope::kernel {

enum class Source {
  kStock,   // the release's own
  kSeries,  // stock:6.12
  kPinned,  // stock:=6.1.192-2
  kBuilt,   // built:NAME
  kFile,    // file:PATH
  kHost,
};

struct Spec {
  Source source{};
  std::string value{};
};

Result<Spec> parse_spec(std::string_view text);

}  // namespace bioscope::kernel

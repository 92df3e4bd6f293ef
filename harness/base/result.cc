// SPDX-License-Identifier: GPL-2.0-only
#include "harness/base/result.h"

#include <cstring>

namespace bioscope {

std::string_view name(Blame blame) {
  switch (blame) {
    case Blame::kUsage: return "usage";
    case Blame::kHost: return "host";
    case Blame::kGuest: return "guest";
  }
  return "?";
}

std::string Error::text() const {
  if (os_error == 0) return what;
  return fmt::format("{} ({})", what, std::strerror(os_error));
}

}  // namespace bioscope

// SPDX-License-Identifier: GPL-2.0-only
// Whether text can be a kernel's release: begins with a digit and is safe as a file name. What a
// kernel file says of itself is believed only then. This folder only.
#pragma once

#include <string_view>

namespace bioscope::kernel {

inline bool is_release(std::string_view text) {
  return !text.empty() && text[0] >= '0' && text[0] <= '9' &&
         text.find_first_not_of(
             "0123456789abcdefghijklmnopqrstuvwxyz"
             "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-+_~") == std::string_view::npos;
}

}  // namespace bioscope::kernel

// SPDX-License-Identifier: GPL-2.0-only
// A device's number as people write it. For findings.
#pragma once

#include <cstdint>
#include <string>

#include <fmt/format.h>

namespace bioscope::oracle {

// "253:0", of a dev as records have it (the kernel's new_encode_dev).
inline std::string device_number(std::uint32_t dev) {
  return fmt::format("{}:{}", (dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00));
}

}  // namespace bioscope::oracle

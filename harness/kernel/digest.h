// SPDX-License-Identifier: GPL-2.0-only
// XXH3-128 in hex: names content in the cache. harness/kernel and harness/kbuild only.
#pragma once

#include <string>
#include <string_view>

namespace bioscope::kernel {
std::string digest(std::string_view content);
std::string hex(std::string_view bytes);
}  // namespace bioscope::kernel

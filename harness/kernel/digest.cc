// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kernel/digest.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <iterator>

namespace bioscope::kernel {

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes)
    fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned char>(byte));
  return text;
}

std::string digest(std::string_view content) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(content.data(), content.size()));
  return hex({reinterpret_cast<const char*>(canonical.digest), sizeof canonical.digest});
}

}  // namespace bioscope::kernel

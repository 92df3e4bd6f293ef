// SPDX-License-Identifier: GPL-2.0-only
// Whatever a serial console may say.
#include <cstdint>

#include "harness/base/check.h"
#include "harness/evidence/console.h"

using namespace bioscope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto console = evidence::parse_console(bytes);
  for (const auto& splat : console.splats) {
    BSC_CHECK(!splat.kind.empty() && splat.fingerprint.size() == 16);
    BSC_CHECK(splat.first_line >= 1 && splat.first_line <= splat.last_line);
    BSC_CHECK(splat.last_line <= console.facts.lines);
  }
  return 0;
}

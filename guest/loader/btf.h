// SPDX-License-Identifier: GPL-2.0-only
// Kernel BTF: one pass over the raw bytes that finds the attach targets of the probes and the
// values of enumerators that CO-RE cannot relocate (their enum has no name). Never trusts the
// bytes. Only the loader calls this.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "harness/base/result.h"

namespace bioscope::loader {

// What a name must be to count.
enum class BtfKind { kFunction, kTypedef, kEnumerator };

using BtfWanted = std::unordered_map<std::string_view, BtfKind>;

struct BtfFound {
  std::map<std::string, std::uint32_t, std::less<>> types;  // the first id of each name
  std::map<std::string, std::int64_t, std::less<>> enumerators;
};

// What a module's BTF builds upon.
struct BtfBase {
  std::uint32_t types = 1;  // ids below it belong to the base; 0 is void
  std::string_view strings{};
};

// Finds what is wanted in `data`. Returns what further BTF may build upon; it refers to `data`.
Result<BtfBase> scan_btf(std::string_view data, const BtfBase& base, const BtfWanted& wanted,
                         BtfFound& found);

}  // namespace bioscope::loader

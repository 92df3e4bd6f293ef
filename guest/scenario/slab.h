// SPDX-License-Identifier: GPL-2.0-only
// What the kernel has allocated by kmalloc and not freed, by cache and by who asked for it. What it
// never frees shows as one more for each round of something. Needs "config:SLUB_DEBUG" and a kernel
// that was booted with kSlabTracking.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::scenario {

inline constexpr char kSlabTracking[] = "slub_debug=U";

// Objects, by "kmalloc-1k, alloc_arena+0x2d/0x340 [nd_btt]". What is larger than two pages has no
// cache and no name; of that there are the pages, by threes, all as one. They are counted page by
// page while others come and go, so that a few more mean nothing.
inline constexpr char kLargePages[] = "times three pages that kmalloc took past its caches";
using Allocations = std::map<std::string, std::uint64_t>;

// What is freed and not let go of yet is let go first: by RCU, and by KASAN's quarantine. Counting
// allocates too; so the first count is worth nothing.
struct Places {
  std::string slab = "/sys/kernel/slab";
  std::string traces = "/sys/kernel/debug/slab";
  std::string sysctl = "/proc/sys";
  std::string meminfo = "/proc/meminfo";
};
Result<Allocations> allocations(const Places& places = {});

// Those that grew by one object a round or more: "12 of kmalloc-1k, alloc_arena+0x2d/0x340".
std::vector<std::string> grown(const Allocations& before, const Allocations& after,
                               unsigned rounds);

}  // namespace bioscope::scenario

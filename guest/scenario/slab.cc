// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/slab.h"

#include <chrono>
#include <filesystem>
#include <sstream>
#include <thread>

#include "guest/scenario/attribute.h"

namespace bioscope::scenario {
namespace {

// Reclaimable ones hold what the kernel may keep as long as it likes.
bool is_counted(const std::string& cache) {
  return cache.starts_with("kmalloc-") && !cache.starts_with("kmalloc-rcl-");
}

// "     12 alloc_arena+0x2d/0x340 [nd_btt] age=5/90/120 pid=1 cpus=0", and whole stacks below it.
void add(Allocations& all, const std::string& cache, const std::string& traces) {
  std::istringstream lines(traces);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::uint64_t count = 0;
    std::string function, module;
    if (!(words >> count >> function >> module)) continue;
    all[fmt::format("{}, {}{}", cache, function, module.starts_with('[') ? " " + module : "")] +=
        count;
  }
}

// What is freed after a grace period is gathered first, for seconds; its shrinker lets it go.
Status let_go_of_freed(const std::string& sysctl) {
  constexpr std::chrono::milliseconds kGrace{300};
  BSC_TRY(write_attribute(sysctl + "/vm/drop_caches", "2"));
  std::this_thread::sleep_for(kGrace);
  return {};
}

// "120 N0=120"
Result<std::uint64_t> first_number(const std::filesystem::path& file) {
  BSC_TRY_ASSIGN(const auto text, read_attribute(file));
  return parse_number(text.substr(0, text.find(' ')));
}

// What no cache has: more than two pages at once come past them. That is all that meminfo counts as
// slabs, less those of the caches.
Result<std::uint64_t> large_pages(const Places& places) {
  BSC_TRY(write_attribute(places.sysctl + "/vm/stat_refresh", "1"));
  BSC_TRY_ASSIGN(const auto meminfo, read_attribute(places.meminfo));
  const auto line = meminfo.find("\nSlab:");
  if (line == meminfo.npos) return guest_error("{} tells of no slabs", places.meminfo);
  std::istringstream words(meminfo.substr(line + 6));
  std::uint64_t kib = 0;
  words >> kib;
  std::uint64_t caches = 0;
  std::error_code code;
  for (const auto& cache : std::filesystem::directory_iterator(places.slab, code)) {
    if (cache.is_symlink()) continue;  // another name
    BSC_TRY_ASSIGN(const auto slabs, first_number(cache.path() / "slabs"));
    BSC_TRY_ASSIGN(const auto order, first_number(cache.path() / "order"));
    caches += slabs << order;
  }
  const std::uint64_t pages = kib / 4;
  return pages > caches ? pages - caches : 0;
}

}  // namespace

Result<Allocations> allocations(const Places& places) {
  BSC_TRY(let_go_of_freed(places.sysctl));
  Allocations all;
  std::error_code code;
  for (const auto& cache : std::filesystem::directory_iterator(places.slab, code)) {
    const std::string name = cache.path().filename();
    if (!is_counted(name)) continue;
    BSC_TRY(write_attribute(cache.path() / "shrink", "1"));
    BSC_TRY_ASSIGN(const auto traces,
                   read_attribute(fmt::format("{}/{}/alloc_traces", places.traces, name)));
    add(all, name, traces);
  }
  if (all.empty())
    return guest_error("{} tells of no allocation; the kernel needs {}", places.traces,
                       kSlabTracking);
  BSC_TRY_ASSIGN(const auto large, large_pages(places));
  all[kLargePages] = large / 3;
  return all;
}

std::vector<std::string> grown(const Allocations& before, const Allocations& after,
                               unsigned rounds) {
  std::vector<std::string> result;
  for (const auto& [name, count] : after) {
    const auto was = before.find(name);
    const std::uint64_t first = was == before.end() ? 0 : was->second;
    if (count >= first + rounds) result.push_back(fmt::format("{} of {}", count - first, name));
  }
  return result;
}

}  // namespace bioscope::scenario

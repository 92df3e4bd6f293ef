// SPDX-License-Identifier: GPL-2.0-only
// The guest's memory is filled with anonymous pages, and the caches are dropped, while the page
// cache of a ramdisk is dirty. The ramdisk's data was once that cache: when a page of it was
// reclaimed as clean, the data was gone.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <fstream>
#include <string>

#include "guest/scenario/attribute.h"
#include "guest/scenario/ramdisk.h"
#include "suites/ramdisk/cache_load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;

namespace {

constexpr std::uint64_t kMib = 1 << 20;

std::uint64_t available_mib() {
  std::ifstream info("/proc/meminfo");
  std::string name;
  std::uint64_t kib = 0;
  std::string unit;
  while (info >> name >> kib >> unit)
    if (name == "MemAvailable:") return kib / 1024;
  return 0;
}

// Takes what is available but for `left` MiB, touches it, and gives it back.
void press(Workload& w, std::uint64_t left) {
  const std::uint64_t available = available_mib();
  ASSERT_GT(available, left);
  const std::uint64_t bytes = (available - left) * kMib;
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  for (std::uint64_t at = 0; at < bytes; at += kPageBytes) {
    static_cast<volatile char*>(memory)[at] = 1;
    if (at % (8 * kMib) == 0) w.host().progress();
  }
  ::munmap(memory, bytes);
}

}  // namespace

BSC_SCENARIO(ramdisk, memory_pressure,
             .summary = "a ramdisk keeps its data when memory is short and caches are dropped",
             .needs = {"module:brd"}, .probes = {"brd", "cache"},
             .oracles = {"reads_see_latest_write", "cache_follows_device", "flush_reaches_device",
                         "ramdisk_pages_add_up", "writeback_ends_once"},
             .witness = {"cache_refilled", "page_written_back", "sector_content"},
             .budget_seconds = 40) {
  constexpr std::uint64_t kPages = 96;
  constexpr std::uint64_t kLeft = 24;
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  CachedDisk cached = open_cached(w, disk, 1);
  for (std::uint64_t index = 0; index < kPages; ++index)
    EXPECT_CALL_DONE(
        cached.write(index % 2 == 0 ? Caching::kBuffered : Caching::kDirect, page(index)));
  EXPECT_CALL_DONE(cached.drop_cache());
  for (std::uint64_t index = 0; index < kPages; index += 2)
    EXPECT_CALL_DONE(cached.write(Caching::kBuffered, page(index)));
  press(w, kLeft);
  w.step("pressed");
  for (std::uint64_t index = 0; index < kPages; ++index)
    EXPECT_CALL_DONE(cached.read(Caching::kBuffered, page(index)));
  for (std::uint64_t index = 0; index < kPages; index += 3)
    EXPECT_CALL_DONE(cached.write(Caching::kBuffered, page(index)));
  EXPECT_CALL_DONE(cached.sync());
  BSC_SETUP(write_attribute("/proc/sys/vm/drop_caches", "3"));
  w.step("dropped");
  read_back(cached, kPages);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "suites/ramdisk/cache_load.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <barrier>
#include <random>

namespace bioscope_suite_ramdisk {

using namespace bioscope::scenario;

namespace {

constexpr unsigned kTogether = 10;  // requests
constexpr std::uint64_t kHot = 8;   // pages that have half of the requests

}  // namespace

CachedDisk open_cached(Workload& w, const BlockDevice& disk, std::uint32_t writer) {
  return BSC_SETUP(CachedDisk::open(w, disk, writer));
}

Extent page(std::uint64_t index) {
  return {index * CachedDisk::kPageSectors, CachedDisk::kPageSectors};
}

void cache_load(Workload& w, const BlockDevice& disk, const CacheLoad& load,
                const std::function<void(CachedDisk&)>& between) {
  const std::uint64_t pages = std::min(load.pages, disk.sectors / CachedDisk::kPageSectors);
  // Together again and again, or on a busy host one is done before another has begun.
  std::barrier together(static_cast<std::ptrdiff_t>(w.cpus()));
  w.on_every_cpu([&](unsigned cpu) {
    const struct LeaveAtEnd {
      std::barrier<>& barrier;
      ~LeaveAtEnd() { static_cast<void>(barrier.arrive_and_drop()); }
    } end{together};
    CachedDisk cached = open_cached(w, disk, cpu + 1);
    std::mt19937_64 random(w.seed() + cpu);
    const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
    for (std::uint64_t index = cpu; index < pages; index += w.cpus())
      EXPECT_CALL_DONE(cached.write(Caching::kBuffered, page(index)));
    for (unsigned request = 0; request < load.requests; ++request) {
      if (request % kTogether == 0) {  // and then all at one page
        together.arrive_and_wait();
        const unsigned owner = request / kTogether % w.cpus();
        for (unsigned turn = 0; turn < 4; ++turn) {
          const Caching way = chance(50) ? Caching::kDirect : Caching::kBuffered;
          if (cpu == owner)
            EXPECT_CALL_DONE(
                cached.write(load.direct_writes ? way : Caching::kBuffered, page(owner)));
          else
            EXPECT_CALL_DONE(cached.read(way, page(owner)));
        }
      }
      const std::uint64_t index = random() % (chance(50) ? std::min(kHot, pages) : pages);
      const Caching way = chance(50) ? Caching::kDirect : Caching::kBuffered;
      if (chance(load.write_percent)) {
        const std::uint64_t own = index / w.cpus() * w.cpus() + cpu;
        if (own >= pages) continue;
        EXPECT_CALL_DONE(cached.write(load.direct_writes ? way : Caching::kBuffered, page(own)));
      } else {
        const std::uint64_t count = chance(40) ? std::min<std::uint64_t>(8, pages - index) : 1;
        EXPECT_CALL_DONE(cached.read(way, {page(index).first, count * CachedDisk::kPageSectors}));
      }
      if (between && cpu == 0 && request % std::max(load.requests / 10, 1u) == 0) between(cached);
    }
  });
  CachedDisk cached = open_cached(w, disk, 100);
  read_back(cached, pages);
}

void load_and_flush(Workload& w, const BlockDevice& disk) {
  cache_load(w, disk, {.pages = kFlushedPages, .requests = w.at_length(250u, 2500u)},
             [](CachedDisk& cached) { EXPECT_CALL_DONE(cached.flush_buffers()); });
}

void read_back(CachedDisk& cached, std::uint64_t pages) {
  for (std::uint64_t index = 0; index < pages; ++index) {
    EXPECT_CALL_DONE(cached.read(Caching::kBuffered, page(index)));
    EXPECT_CALL_DONE(cached.read(Caching::kDirect, page(index)));
  }
}

}  // namespace bioscope_suite_ramdisk

// SPDX-License-Identifier: GPL-2.0-only
// The load of this suite: checked calls through the page cache and past it, from every vCPU at
// once. A page has one writer, so that a read knows what it may get, and all read all of it.
#pragma once

#include <functional>

#include "guest/scenario/block_cache.h"

namespace bioscope_suite_ramdisk {

struct CacheLoad {
  std::uint64_t pages = 64;  // from the start of the disk
  unsigned requests = 300;   // of each vCPU
  unsigned write_percent = 40;
  bool direct_writes = true;  // half of them; else all through the cache
};

// A call that has to succeed.
#define EXPECT_CALL_DONE(call) EXPECT_EQ((call), 0)

bioscope::scenario::CachedDisk open_cached(bioscope::scenario::Workload& w,
                                           const bioscope::scenario::BlockDevice& disk,
                                           std::uint32_t writer);

bioscope::scenario::Extent page(std::uint64_t index);

// Each vCPU first writes the pages that are its own; `between` is called by the first vCPU after
// each tenth of its requests, with its own way to the disk.
void cache_load(bioscope::scenario::Workload& w, const bioscope::scenario::BlockDevice& disk,
                const CacheLoad& load = {},
                const std::function<void(bioscope::scenario::CachedDisk&)>& between = {});

// The load of the scenarios that put another driver below it: with BLKFLSBUF now and then.
inline constexpr std::uint64_t kFlushedPages = 48;  // from the start of the disk
void load_and_flush(bioscope::scenario::Workload& w, const bioscope::scenario::BlockDevice& disk);

// Reads all pages, both ways.
void read_back(bioscope::scenario::CachedDisk& cached, std::uint64_t pages);

}  // namespace bioscope_suite_ramdisk

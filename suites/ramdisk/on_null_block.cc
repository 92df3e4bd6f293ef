// SPDX-License-Identifier: GPL-2.0-only
// The load of this suite on null_blk, which completes from a timer.
#include <gtest/gtest.h>

#include <sstream>

#include "guest/scenario/attribute.h"
#include "guest/scenario/null_block.h"
#include "suites/ramdisk/cache_load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;

namespace {

// That the disk has completed.
std::uint64_t flushes(const BlockDevice& disk) {
  constexpr unsigned kField = 16;
  std::istringstream fields(
      BSC_SETUP(read_attribute(fmt::format("/sys/block/{}/stat", disk.name))));
  std::uint64_t value = 0;
  for (unsigned field = 0; field < kField; ++field) fields >> value;
  return value;
}

}  // namespace

BSC_SCENARIO(ramdisk, on_null_block,
             .summary = "both ways to a null disk with memory give what was written last",
             .needs = {"module:null_blk", "cpus:2"}, .probes = {"cache"},
             .oracles = {"reads_see_latest_write", "cache_follows_device", "writeback_ends_once"},
             .witness = {"read_beside_write", "cache_passed_by", "cache_dropped",
                         "page_written_back", "sector_content"},
             .shares_boot = true) {
  const auto disk = BSC_SETUP(
      null_block(w, "cached", {.completion = NullBlockOptions::Completion::kTimer, .cache = true}));
  load_and_flush(w, disk);
  // What was written may be in the disk's own cache, and has to leave that too.
  const std::uint64_t before = flushes(disk);
  CachedDisk cached = open_cached(w, disk, 9);  // as no vCPU is
  EXPECT_CALL_DONE(cached.write(Caching::kBuffered, page(0)));
  EXPECT_CALL_DONE(cached.sync());
  EXPECT_GT(flushes(disk), before) << "fdatasync sent no flush";
}

// SPDX-License-Identifier: GPL-2.0-only
// Two tables that map the same sectors to the same places, one in one piece and one in two, take
// turns under I/O. Each swap replaces the pools from which dm takes its clones.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "guest/scenario/nvdimm.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;

BSC_SCENARIO(dm, table_swap,
             .summary =
                 "bios that arrive while a table is replaced go to the new one, and none of "
                 "the old one's is left in its pools",
             .needs = {"module:dm_mod", "module:nfit", "module:nd_pmem", "cpus:2", "nvdimm:16"},
             .probes = {"bio", "dm"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "remap_of_live_master", "suspended_is_idle", "pool_empty_at_exit"},
             .witness = {"waited_for_table", "suspend_with_io", "pool_emptied",
                         "overlap_on_two_cpus"}) {
  constexpr unsigned kBatches = 10;  // of each vCPU
  constexpr unsigned kBatchesPerSwap = 2;
  const auto disk = BSC_SETUP(pmem_disk(w));
  const std::uint64_t middle = disk.sectors / 16 * 8;
  const Table one{linear(disk)};
  const Table two =
      concatenate({linear(disk, {0, middle}), linear(disk, {middle, disk.sectors - middle})});
  const auto device = BSC_SETUP(MappedDevice::create(w, "swapped", one));

  std::atomic<unsigned> batches{0};
  std::atomic<bool> done{false};
  const std::jthread swapper([&] {
    for (unsigned round = 0; !done; ++round) {
      const auto swapped =
          device->swap(round % 2 == 0 ? two : one, {.noflush = round % 4 > 1, .skip_lockfs = true});
      EXPECT_TRUE(swapped) << swapped.error().text();
      if (!swapped) return;
      const unsigned until = batches + kBatchesPerSwap;
      while (!done && batches < until) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  const struct SetAtEnd {
    std::atomic<bool>& flag;
    ~SetAtEnd() { flag = true; }
  } end{done};

  w.on_every_cpu([&](unsigned cpu) {
    Stream stream = open_stream(w, device->disk(), cpu, {});
    for (unsigned batch = 0; batch < kBatches; ++batch) {
      BSC_SETUP(stream.run({.requests = 30, .read_percent = 50, .random = true}));
      ++batches;
    }
    done = true;
    BSC_SETUP(stream.read_back());
    check(stream);
  });
}

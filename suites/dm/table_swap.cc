// SPDX-License-Identifier: GPL-2.0-only
// Two tables that map the same sectors to the same places, one in one piece and one in two, take
// turns under I/O. Each swap replaces the pools from which dm takes its clones.
#include <gtest/gtest.h>

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
                         "overlap_on_two_cpus"},
             .shares_boot = true) {
  const auto disk = BSC_SETUP(pmem_disk(w));
  const std::uint64_t middle = disk.sectors / 16 * 8;
  const Table one{linear(disk)};
  const Table two =
      concatenate({linear(disk, {0, middle}), linear(disk, {middle, disk.sectors - middle})});
  const auto device = BSC_SETUP(MappedDevice::create(w, "swapped", one));

  const auto swap = [&](unsigned round) -> bioscope::Status {
    BSC_TRY(device->load(round % 2 == 0 ? two : one));
    BSC_TRY(device->suspend({.noflush = round % 4 > 1, .skip_lockfs = true}));
    std::this_thread::sleep_for(kSuspendedFor);
    return device->resume();
  };
  change_under_traffic(w, device->disk(), {.batches = 10, .requests = 30, .batches_between = 2},
                       [&](unsigned round) {
                         const bioscope::Status swapped = swap(round);
                         EXPECT_TRUE(swapped) << swapped.error().text();
                         return swapped.has_value();
                       });
}

// SPDX-License-Identifier: GPL-2.0-only
// What a group leaves in the page cache is written by a worker that is in no group, and charged to
// the group that dirtied it, below dm-crypt too.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "guest/scenario/attribute.h"
#include "guest/scenario/crypt_key.h"
#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "guest/scenario/wait.h"
#include "suites/dm_cgroup/load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm_cgroup;

BSC_SCENARIO(dm_cgroup, writeback_charged,
             .summary = "writeback is charged to the group that dirtied the pages",
             .needs = {"module:dm_mod", "module:dm_crypt", "module:xts", "module:ecb", "module:brd",
                       "config:CGROUP_WRITEBACK", "cpus:2"},
             .probes = {"bio", "dm", "blkcg", "css"},
             .oracles = {"charged_to_submitter", "association_of_live_source", "blkg_life_in_order",
                         "css_life_in_order", "remap_of_live_master"},
             .witness = {"written_back", "charged_by_another_task", "group_freed"},
             .shares_boot = true) {
  constexpr std::size_t kBytes = 1 << 20;
  count_groups(w);
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  const auto device = BSC_SETUP(MappedDevice::create(w, "crypt", {crypt(disk, kCipher, kKey)}));
  BSC_SETUP(write_attribute("/proc/sys/vm/dirty_expire_centisecs", "10"));
  BSC_SETUP(write_attribute("/proc/sys/vm/dirty_writeback_centisecs", "10"));
  const auto group = BSC_SETUP(Cgroup::create(w, "dirty"));
  // The page cache of a disk is written when its last opener goes.
  const auto fd = BSC_SETUP(open_disk(device->disk(), Caching::kBuffered));
  const std::vector<char> text(kBytes, 'w');
  // Writeback needs the memory controller: what a task of the group had goes with the task alone.
  const pid_t child = ::fork();
  if (child == 0) {
    const auto joined = group->adopt(0);
    ::_exit(joined && ::pwrite(fd.get(), text.data(), text.size(), 0) ==
                          static_cast<ssize_t>(text.size())
                ? 0
                : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0) << "the child could not write";
  for (const BlockDevice& charging : {device->disk(), disk})
    EXPECT_TRUE(wait_until(kDeviceLimit,
                           [&] {
                             w.host().progress();
                             const auto bill = charged(*group, charging);
                             return bill && bill->written >= kBytes;
                           }))
        << charging.name << " has charged the group for "
        << BSC_SETUP(charged(*group, charging)).written << " bytes of " << kBytes;
}

// SPDX-License-Identifier: GPL-2.0-only
// As disk_bound_again, while somebody has the old disk open: its blkgs go with the last opener, and
// until then the new disk waits.
#include <gtest/gtest.h>

#include "suites/dm_cgroup/bind.h"
#include "suites/dm_cgroup/groups.h"

using namespace bioscope_suite_dm_cgroup;

BSC_SCENARIO(dm_cgroup, disk_bound_while_open,
             .summary = "a disk that is bound to its old queue waits for the blkgs of the last one",
             .needs = {"module:scsi_debug", "module:sd_mod", "config:BLK_CGROUP", "cpus:2"},
             .probes = {"bio", "blkcg", "css"},
             .oracles = {"one_root_blkg", "charged_to_submitter", "association_of_live_source",
                         "blkg_life_in_order", "css_life_in_order"},
             .witness = {"disk_bound_again", "group_freed"}, .boot = {kNoMemoryController},
             .shares_boot = true) {
  count_groups(w);
  bind_again(w, std::chrono::milliseconds(300));
}

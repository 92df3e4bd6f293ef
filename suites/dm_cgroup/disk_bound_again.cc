// SPDX-License-Identifier: GPL-2.0-only
// A SCSI disk is taken from its driver and bound again: the new disk stands on the old queue, and
// gets a root blkg there once that of the old one is gone.
#include "suites/dm_cgroup/bind.h"
#include "suites/dm_cgroup/groups.h"

using namespace bioscope_suite_dm_cgroup;

BSC_SCENARIO(dm_cgroup, disk_bound_again,
             .summary = "a queue has one root blkg, also when another disk is bound to it",
             .needs = {"module:scsi_debug", "module:sd_mod", "config:BLK_CGROUP", "cpus:2"},
             .probes = {"bio", "blkcg", "css"},
             .oracles = {"one_root_blkg", "charged_to_submitter", "association_of_live_source",
                         "blkg_life_in_order", "css_life_in_order"},
             .witness = {"disk_bound_again", "group_freed"}, .boot = {kNoMemoryController},
             .shares_boot = true) {
  count_groups(w);
  bind_again(w, std::chrono::milliseconds(0));
}

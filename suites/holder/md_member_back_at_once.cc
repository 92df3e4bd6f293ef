// SPDX-License-Identifier: GPL-2.0-only
// A member leaves an array and is put in again while the kernel is still about to take its
// directory out of sysfs, which it may do later, by a worker.
#include <gtest/gtest.h>

#include "guest/scenario/attribute.h"
#include "guest/scenario/md_array.h"
#include "guest/scenario/null_block.h"
#include "guest/scenario/wait.h"
#include "suites/holder/sysfs.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_holder;

BSC_SCENARIO(holder, md_member_back_at_once,
             .summary = "a member of an array that leaves may come back at once",
             .needs = {"module:md_mod", "module:raid1", "module:null_blk"},
             .probes = {"holder", "disk"},
             .oracles = {"holder_balance", "holder_within_claim", "slave_alive_when_linked",
                         "sysfs_shows_holders", "holder_calls_return", "failed_link_stays_unlinked",
                         "claims_add_up"},
             .witness = {"linked_again", "holders_shown"},
             .faults = {{.name = "sysfs is slow",
                         .kind = "delay",
                         .at = {.hook = "entry:sysfs_remove_dir"},
                         .hit = 1,
                         .count = 20,
                         .delay_us = 50000,
                         .planned = true}},
             .budget_seconds = 40) {
  constexpr unsigned kRounds = 3;
  const std::vector members{BSC_SETUP(null_block(w, "nullb_a")),
                            BSC_SETUP(null_block(w, "nullb_b"))};
  const auto array = BSC_SETUP(MdArray::create(w, 8));
  BSC_SETUP(array->take(members));
  BSC_SETUP(array->start());
  for (unsigned round = 0; round < kRounds; ++round) {
    const BlockDevice& member = members[round % members.size()];
    w.step("a member leaves and comes back");
    BSC_SETUP(array->fail(member));
    BSC_SETUP(array->take_out(member));
    const auto back = array->put_in(member);
    ASSERT_TRUE(back) << back.error().text();
    look_at_sysfs(w);
    ASSERT_TRUE(wait_until(kDeviceLimit, [&] {
      return read_attribute(fmt::format("/sys/block/{}/md/degraded", array->disk().name)) == "0";
    })) << "the member was not taken back into the mirror";
  }
}

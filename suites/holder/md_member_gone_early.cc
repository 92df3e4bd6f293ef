// SPDX-License-Identifier: GPL-2.0-only
// A member of an array is switched off after the array took it and before it is started. Whether it
// starts is up to the kernel; the member was linked when it was taken, and is unlinked in the end.
#include <gtest/gtest.h>

#include "guest/scenario/attribute.h"
#include "guest/scenario/md_array.h"
#include "guest/scenario/null_block.h"
#include "suites/holder/sysfs.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_holder;

BSC_SCENARIO(holder, md_member_gone_early,
             .summary = "a member that is gone before its array starts is unlinked all the same",
             .needs = {"module:md_mod", "module:raid1", "module:null_blk"},
             .probes = {"holder", "disk"},
             .oracles = {"holder_balance", "holder_within_claim", "slave_alive_when_linked",
                         "sysfs_shows_holders", "holder_calls_return", "failed_link_stays_unlinked",
                         "claims_add_up"},
             .witness = {"slave_pulled_out", "holders_shown"}, .budget_seconds = 40,
             .shares_boot = true) {
  constexpr unsigned kNumber = 8;
  const std::vector members{BSC_SETUP(null_block(w, "nullb_a")),
                            BSC_SETUP(null_block(w, "nullb_b"))};
  const auto array = BSC_SETUP(MdArray::create(w, kNumber));
  BSC_SETUP(array->take(members));
  look_at_sysfs(w);
  BSC_SETUP(write_attribute("/sys/kernel/config/nullb/nullb_b/power", "0"));
  look_at_sysfs(w);
  static_cast<void>(array->start());
  look_at_sysfs(w);
  const auto stopped = array->stop();
  EXPECT_TRUE(stopped) << stopped.error().text();
  EXPECT_TRUE(array->wait_until_gone()) << "the array is there after it was stopped";
  look_at_sysfs(w);
}

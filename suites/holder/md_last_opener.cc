// SPDX-License-Identifier: GPL-2.0-only
// An array of md that somebody has open is not stopped, and its members stay linked and claimed;
// when the last opener lets go it stops, and they are free at once. In between members fail, leave
// and come back, each time with a link and a claim of their own.
#include <fcntl.h>
#include <gtest/gtest.h>

#include "guest/scenario/attribute.h"
#include "guest/scenario/md_array.h"
#include "guest/scenario/null_block.h"
#include "guest/scenario/wait.h"
#include "harness/base/fd.h"
#include "suites/holder/sysfs.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_holder;

BSC_SCENARIO(holder, md_last_opener,
             .summary = "an md array holds its members until its last opener lets go of it",
             .needs = {"module:md_mod", "module:raid1", "module:null_blk"},
             .probes = {"holder", "disk"},
             .oracles = {"holder_balance", "holder_within_claim", "slave_alive_when_linked",
                         "sysfs_shows_holders", "holder_calls_return", "failed_link_stays_unlinked",
                         "claims_add_up"},
             .witness = {"linked_again", "claim_refused", "holders_shown"}, .budget_seconds = 40,
             .shares_boot = true) {
  constexpr unsigned kNumber = 7;
  constexpr unsigned kRounds = 3;
  const std::vector members{BSC_SETUP(null_block(w, "nullb_a")),
                            BSC_SETUP(null_block(w, "nullb_b"))};
  const auto array = BSC_SETUP(MdArray::create(w, kNumber));
  BSC_SETUP(array->take(members));
  BSC_SETUP(array->start());
  const auto exclusive = [](const BlockDevice& disk) {
    return bioscope::Fd(::open(disk.path.c_str(), O_RDONLY | O_EXCL | O_CLOEXEC));
  };
  look_at_sysfs(w);
  for (unsigned round = 0; round < kRounds; ++round) {
    const BlockDevice& member = members[round % members.size()];
    w.step("a member leaves and comes back");
    BSC_SETUP(array->fail(member));
    BSC_SETUP(array->take_out(member));
    EXPECT_TRUE(exclusive(member)) << "cannot open a member that has left";
    look_at_sysfs(w);
    ASSERT_TRUE(array->wait_until_out(member)) << member.name << " is still shown in its array";
    const auto back = array->put_in(member);
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_FALSE(exclusive(member)) << "a member of an array was opened exclusively";
    look_at_sysfs(w);
    // The mirror has to be whole again before its other half may leave.
    ASSERT_TRUE(wait_until(kDeviceLimit, [&] {
      return read_attribute(fmt::format("/sys/block/{}/md/degraded", array->disk().name)) == "0";
    })) << "the member was not taken back into the mirror";
  }

  w.step("stop while it is open");
  {
    const bioscope::Fd opener = BSC_SETUP(open_disk(array->disk()));
    const auto stopped = array->stop();
    ASSERT_FALSE(stopped) << "an array that is open was stopped";
    EXPECT_EQ(stopped.error().os_error, EBUSY) << stopped.error().text();
    look_at_sysfs(w);
  }
  const auto stopped = array->stop();
  ASSERT_TRUE(stopped) << stopped.error().text();
  EXPECT_TRUE(array->wait_until_gone()) << array->disk().name << " is there after its last opener";
  for (const BlockDevice& member : members)
    EXPECT_TRUE(exclusive(member)) << "cannot open a member of an array that is stopped";
  look_at_sysfs(w);
}

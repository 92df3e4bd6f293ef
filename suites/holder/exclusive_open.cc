// SPDX-License-Identifier: GPL-2.0-only
// Who has a disk open exclusively keeps dm from it, and dm keeps everybody else: neither a claim
// that was refused nor one that was given back leaves a trace, and the other side gets it at once.
// Nor does a mount that would write to what is read-only.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "harness/base/fd.h"
#include "suites/holder/sysfs.h"

using namespace bioscope::scenario;

BSC_SCENARIO(holder, exclusive_open,
             .summary =
                 "an exclusive open and a holder keep each other out, and only while they "
                 "last",
             .needs = {"module:dm_mod", "module:brd", "module:ext4"}, .probes = {"holder", "disk"},
             .oracles = {"holder_balance", "holder_within_claim", "slave_alive_when_linked",
                         "sysfs_shows_holders", "holder_calls_return", "failed_link_stays_unlinked",
                         "claims_add_up"},
             .witness = {"claim_refused", "linked_again", "holders_shown"}, .shares_boot = true) {
  constexpr unsigned kRounds = 6;
  BSC_SETUP(w.host().load_module("ext4"));
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  const Table table{linear(disk)};
  const auto device = BSC_SETUP(MappedDevice::create(w, "stays", {error(8)}));
  const auto exclusive = [&] {
    return bioscope::Fd(::open(disk.path.c_str(), O_RDWR | O_EXCL | O_CLOEXEC));
  };

  for (unsigned round = 0; round < kRounds; ++round) {
    w.step("the opener has it");
    bioscope::Fd opener = exclusive();
    ASSERT_TRUE(opener) << "cannot open a disk that nobody holds";
    const auto refused = device->load(table);
    ASSERT_FALSE(refused) << "dm took a disk that is open exclusively";
    EXPECT_EQ(refused.error().os_error, EBUSY) << refused.error().text();
    look_at_sysfs(w);
    opener.reset();

    w.step("dm has it");
    const auto taken = device->load(table);
    ASSERT_TRUE(taken) << taken.error().text();
    EXPECT_FALSE(exclusive()) << "a disk was opened exclusively under its holder";
    EXPECT_EQ(errno, EBUSY);
    look_at_sysfs(w);
    BSC_SETUP(device->clear());

    w.step("it is read-only");
    const auto set_read_only = [&disk](int read_only) {
      const bioscope::Fd fd(::open(disk.path.c_str(), O_RDONLY | O_CLOEXEC));
      ASSERT_EQ(::ioctl(fd.get(), BLKROSET, &read_only), 0);
    };
    set_read_only(1);
    EXPECT_NE(::mount(disk.path.c_str(), "/sys", "ext4", 0, nullptr), 0);
    EXPECT_EQ(errno, EACCES) << "it would be written to";
    set_read_only(0);
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// A disk of bcache stands on its backing device for as long as it runs, and on the cache device
// while it is attached to it; each is claimed from its registration to its end.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "guest/scenario/attribute.h"
#include "guest/scenario/null_block.h"
#include "guest/scenario/wait.h"
#include "harness/base/fd.h"
#include "suites/holder/bcache.h"
#include "suites/holder/sysfs.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_holder;

namespace {

bool is_there(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

bool goes(const std::string& path) {
  return wait_until(kDeviceLimit, [&] { return !is_there(path); });
}

bool appears(const std::string& path) {
  return wait_until(kDeviceLimit, [&] { return is_there(path); });
}

// Once it is let go, which bcache does some time after it says so.
bool opens_exclusively(const BlockDevice& disk) {
  return wait_until(kDeviceLimit, [&] {
    return static_cast<bool>(
        bioscope::Fd(::open(disk.path.c_str(), O_RDONLY | O_EXCL | O_CLOEXEC)));
  });
}

}  // namespace

BSC_SCENARIO(holder, bcache_attach,
             .summary =
                 "a disk of bcache holds its cache while it is attached and its backing "
                 "device until it stops",
             .needs = {"module:bcache", "module:null_blk"}, .probes = {"holder", "disk"},
             .oracles = {"holder_balance", "holder_within_claim", "slave_alive_when_linked",
                         "sysfs_shows_holders", "holder_calls_return", "failed_link_stays_unlinked",
                         "claims_add_up"},
             .witness = {"linked_again", "slave_shared", "holders_shown"}, .budget_seconds = 60,
             .shares_boot = true) {
  constexpr char kDisk[] = "/sys/block/bcache0";
  constexpr char kOtherDisk[] = "/sys/block/bcache1";
  constexpr unsigned kRounds = 2;
  const auto backing = BSC_SETUP(null_block(w, "nullb_a"));
  const auto other = BSC_SETUP(null_block(w, "nullb_b"));
  const auto cache = BSC_SETUP(null_block(w, "nullb_c", {.mib = 64}));
  BSC_SETUP(format_backing(backing));
  BSC_SETUP(format_backing(other));
  const std::string set = BSC_SETUP(format_cache(cache));
  const std::string shown_set = "/sys/fs/bcache/" + set;
  w.cleanup([=] {
    for (const std::string disk : {kDisk, kOtherDisk})
      if (is_there(disk)) static_cast<void>(write_attribute(disk + "/bcache/stop", "1"));
    if (is_there(shown_set)) static_cast<void>(write_attribute(shown_set + "/stop", "1"));
    EXPECT_TRUE(goes(kDisk) && goes(kOtherDisk) && goes(shown_set)) << "bcache does not stop";
    for (const auto& disk : {backing, other, cache})
      EXPECT_TRUE(opens_exclusively(disk)) << disk.name << " is not let go";
  });

  const auto of = [](const char* disk, const char* attribute) {
    return fmt::format("{}/bcache/{}", disk, attribute);
  };
  w.step("register");
  BSC_SETUP(register_bcache(backing));
  ASSERT_TRUE(appears(of(kDisk, "attach"))) << "no disk for a backing device";
  BSC_SETUP(register_bcache(other));
  ASSERT_TRUE(appears(of(kOtherDisk, "attach"))) << "no disk for a second backing device";
  look_at_sysfs(w);
  BSC_SETUP(register_bcache(cache));
  ASSERT_TRUE(appears(shown_set)) << "no set for a cache device";
  EXPECT_FALSE(register_bcache(cache)) << "a cache device was registered twice";
  look_at_sysfs(w);

  for (unsigned round = 0; round < kRounds; ++round) {
    w.step("attach");
    BSC_SETUP(write_attribute(of(kDisk, "attach"), set));
    BSC_SETUP(write_attribute(of(kOtherDisk, "attach"), set));
    look_at_sysfs(w);
    w.step("detach");
    BSC_SETUP(write_attribute(of(kDisk, "detach"), "1"));
    // Not before all that is under way has come back.
    ASSERT_TRUE(goes(of(kDisk, "cache"))) << "a disk is not detached";
    BSC_SETUP(write_attribute(of(kOtherDisk, "detach"), "1"));
    ASSERT_TRUE(goes(of(kOtherDisk, "cache"))) << "a disk is not detached";
    look_at_sysfs(w);
  }

  w.step("stop, attached");
  BSC_SETUP(write_attribute(of(kDisk, "attach"), set));
  look_at_sysfs(w);
  BSC_SETUP(write_attribute(of(kDisk, "stop"), "1"));
  EXPECT_TRUE(goes(kDisk)) << "a disk of bcache does not stop";
  EXPECT_TRUE(opens_exclusively(backing)) << "a backing device is not let go";
  look_at_sysfs(w);
}

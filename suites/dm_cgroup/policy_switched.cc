// SPDX-License-Identifier: GPL-2.0-only
// bfq is a policy of the io controller: choosing it for a disk gives every blkg there data of
// bfq's, and choosing none takes it away, while groups with I/O on that disk come and go.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "guest/scenario/attribute.h"
#include "guest/scenario/crypt_key.h"
#include "guest/scenario/dm.h"
#include "guest/scenario/null_block.h"
#include "guest/scenario/wait.h"
#include "suites/dm_cgroup/load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm_cgroup;

BSC_SCENARIO(dm_cgroup, policy_switched,
             .summary = "a policy is set and taken away while groups are removed",
             .needs = {"module:dm_mod", "module:dm_crypt", "module:xts", "module:ecb", "module:bfq",
                       "module:null_blk", "config:BFQ_GROUP_IOSCHED", "cpus:2"},
             .probes = {"bio", "dm", "blkcg", "css"},
             .oracles = {"charged_to_submitter", "association_of_live_source", "blkg_life_in_order",
                         "css_life_in_order", "remap_of_live_master"},
             .witness = {"policy_switched", "group_freed", "charged_by_another_task"},
             .boot = {kNoMemoryController}, .shares_boot = true) {
  constexpr unsigned kGroups = 14;
  constexpr LoadOptions kLoad{.blocks = 8, .requests = 16};
  count_groups(w);
  const auto disk =
      BSC_SETUP(null_block(w, "nullb_own", {.completion = NullBlockOptions::Completion::kSoftirq}));
  const auto device = BSC_SETUP(MappedDevice::create(w, "crypt", {crypt(disk, kCipher, kKey)}));
  const std::string scheduler = fmt::format("/sys/block/{}/queue/scheduler", disk.name);
  std::atomic<bool> done{false};
  std::atomic<unsigned> switched{0};
  // A group's blkg goes some time after the group; the policy is there for most of the time.
  std::jthread switcher([&] {
    for (unsigned round = 0; !done; ++round) {
      const bool on = round % 2 == 0;
      const auto chosen = write_attribute(scheduler, on ? "bfq" : "none");
      EXPECT_TRUE(chosen) << chosen.error().text();
      ++switched;
      std::this_thread::sleep_for(std::chrono::milliseconds(on ? 50 : 10));
    }
  });
  const struct SetAtEnd {
    std::atomic<bool>& flag;
    ~SetAtEnd() { flag = true; }
  } end{done};
  for (unsigned round = 0; round < w.at_length(kGroups, 8 * kGroups); ++round) {
    const auto group = BSC_SETUP(Cgroup::create(w, fmt::format("brief{}", round)));
    {
      const Inside inside(*group);
      load(w, device->disk(), kLoad);
    }
    const auto removed = group->remove();
    ASSERT_TRUE(removed) << removed.error().text();
  }
  const unsigned until = switched + 4;
  EXPECT_TRUE(wait_until(2 * kDeviceLimit, [&] { return switched >= until; }));
}

// SPDX-License-Identifier: GPL-2.0-only
// As slave_powered_off with a virtio-blk disk that the host unplugs.
#include <gtest/gtest.h>
#include <unistd.h>

#include "guest/scenario/attribute.h"
#include "guest/scenario/dm.h"
#include "guest/scenario/wait.h"
#include "suites/holder/sysfs.h"

using namespace bioscope::scenario;

BSC_SCENARIO(holder, slave_unplugged,
             .summary = "a holder outlives a virtio-blk disk that the host unplugs",
             .needs = {"module:dm_mod", "module:virtio_blk", "disk:16"},
             .probes = {"holder", "disk"},
             .oracles = {"holder_balance", "holder_within_claim", "slave_alive_when_linked",
                         "sysfs_shows_holders", "holder_calls_return", "failed_link_stays_unlinked",
                         "claims_add_up"},
             .witness = {"slave_pulled_out", "holders_shown"}, .budget_seconds = 40,
             .shares_boot = true) {
  const auto disk = BSC_SETUP(find_disk(w.host(), "/dev/vda"));
  const std::string shown = "/sys/block/" + disk.name;
  const std::string serial = BSC_SETUP(read_attribute(shown + "/serial"));
  const auto device = BSC_SETUP(MappedDevice::create(w, "left", {linear(disk)}));
  look_at_sysfs(w);
  w.step("unplug");
  BSC_SETUP(w.host().act("unplug", serial));
  ASSERT_TRUE(wait_until(kDeviceLimit, [&] { return ::access(shown.c_str(), F_OK) != 0; }))
      << disk.name << " is there after it was unplugged";
  look_at_sysfs(w);
  BSC_SETUP(device->remove());
  look_at_sysfs(w);
}

// SPDX-License-Identifier: GPL-2.0-only
// As slave_powered_off with pmem, whose driver is unbound from its namespace.
#include <gtest/gtest.h>

#include "guest/scenario/attribute.h"
#include "guest/scenario/dm.h"
#include "guest/scenario/nvdimm.h"
#include "suites/holder/sysfs.h"

using namespace bioscope::scenario;

BSC_SCENARIO(holder, slave_unbound,
             .summary = "a holder outlives a pmem disk whose driver is unbound",
             .needs = {"module:dm_mod", "module:nfit", "module:nd_pmem", "nvdimm:16"},
             .probes = {"holder", "disk"},
             .oracles = {"holder_balance", "holder_within_claim", "slave_alive_when_linked",
                         "sysfs_shows_holders", "holder_calls_return", "failed_link_stays_unlinked",
                         "claims_add_up"},
             .witness = {"slave_pulled_out", "holders_shown"}, .budget_seconds = 40,
             .shares_boot = true) {
  constexpr char kDriver[] = "/sys/bus/nd/drivers/nd_pmem/";
  constexpr char kNamespace[] = "namespace0.0";
  constexpr unsigned kRounds = 2;
  for (unsigned round = 0; round < kRounds; ++round) {
    const auto disk = BSC_SETUP(pmem_disk(w));
    const auto device =
        BSC_SETUP(MappedDevice::create(w, fmt::format("left{}", round), {linear(disk)}));
    look_at_sysfs(w);
    w.step("unbind");
    BSC_SETUP(write_attribute(fmt::format("{}unbind", kDriver), kNamespace));
    look_at_sysfs(w);
    BSC_SETUP(device->remove());
    look_at_sysfs(w);
    BSC_SETUP(write_attribute(fmt::format("{}bind", kDriver), kNamespace));
  }
}

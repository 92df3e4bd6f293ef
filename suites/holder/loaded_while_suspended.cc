// SPDX-License-Identifier: GPL-2.0-only
// A suspended device is given a table with another slave while somebody opens it: the link must not
// wait for whoever waits for the resume.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "guest/scenario/wait.h"
#include "harness/base/fd.h"
#include "suites/holder/sysfs.h"

using namespace bioscope::scenario;

BSC_SCENARIO(holder, loaded_while_suspended,
             .summary = "a suspended device takes a table with another slave while others open it",
             .needs = {"module:dm_mod", "module:brd", "cpus:2"}, .probes = {"holder", "disk"},
             .oracles = {"holder_balance", "holder_within_claim", "slave_alive_when_linked",
                         "sysfs_shows_holders", "holder_calls_return", "failed_link_stays_unlinked",
                         "claims_add_up"},
             .witness = {"linked_again", "holders_shown"}, .shares_boot = true) {
  constexpr unsigned kRounds = 4;
  constexpr std::chrono::milliseconds kUnderway{20};  // for an opener to get as far as it can
  const Table tables[] = {{linear(BSC_SETUP(ramdisk(w, 0)))}, {linear(BSC_SETUP(ramdisk(w, 1)))}};
  const auto device = BSC_SETUP(MappedDevice::create(w, "suspended", tables[0]));
  for (unsigned round = 1; round <= kRounds; ++round) {
    BSC_SETUP(device->suspend({.skip_lockfs = true}));
    std::atomic<bool> opening{false};
    const std::jthread opener([&] {
      opening = true;
      const bioscope::Fd fd(::open(device->disk().path.c_str(), O_RDWR | O_CLOEXEC));
      EXPECT_TRUE(fd) << "cannot open a suspended device";
    });
    wait_until(kDeviceLimit, [&] { return opening.load(); });
    std::this_thread::sleep_for(kUnderway);
    const auto loaded = device->load(tables[round % 2]);
    EXPECT_TRUE(loaded) << loaded.error().text();
    BSC_SETUP(device->resume());
    look_at_sysfs(w);
  }
}

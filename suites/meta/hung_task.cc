// SPDX-License-Identifier: GPL-2.0-only
// A task waits in the kernel for the writeback of a page on a suspended device.
#include <gtest/gtest.h>

#include <thread>

#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "guest/scenario/stream.h"
#include "suites/meta/setting.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_meta;

BSC_SCENARIO(meta, hung_task, .summary = "a hung task on the console fails a body that passes",
             .needs = {"module:dm_mod", "module:brd"}, .expect = "FAIL",
             .expect_finding = "splat:hung_task") {
  constexpr std::chrono::seconds kHold{6};
  BSC_SETUP(set(w, "/proc/sys/kernel/hung_task_timeout_secs", "2"));
  BSC_SETUP(set(w, "/proc/sys/kernel/hung_task_check_interval_secs", "1"));
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "held", {linear(BSC_SETUP(ramdisk(w, 0)))}));
  Stream stream = BSC_SETUP(
      Stream::open(w, device->disk(), {.extent = {0, 256}, .caching = Caching::kBuffered}));
  BSC_SETUP(stream.run({.requests = 8}));
  BSC_SETUP(device->suspend({.noflush = true, .skip_lockfs = true}));
  {
    const std::jthread waiter([&] { stream.flush(); });
    const auto until = std::chrono::steady_clock::now() + kHold;
    while (std::chrono::steady_clock::now() < until) {
      w.host().progress();  // the kernel is to find the hang, not the no-progress clock
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    BSC_SETUP(device->resume());
  }
  for (const std::string& fault : stream.faults()) ADD_FAILURE() << fault;
}

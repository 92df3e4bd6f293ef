// SPDX-License-Identifier: GPL-2.0-only
// A device that is open is not removed, whoever asks and however often; told to go when it is
// closed, it serves its opener until then and is gone afterwards, its bios' pools with it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <vector>

#include "guest/scenario/loop.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;

BSC_SCENARIO(dm, remove_while_busy,
             .summary =
                 "dm refuses to remove a device under I/O, and a deferred removal waits for "
                 "its last opener",
             .needs = {"module:dm_mod", "module:loop", "cpus:2"}, .probes = {"bio", "dm"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "remap_of_live_master", "pool_empty_at_exit"},
             .witness = {"pool_emptied", "overlap_on_two_cpus", "dm_clone_completed"},
             .long_budget_seconds = 90, .shares_boot = true) {
  constexpr std::uint64_t kLoopMib = 16;
  constexpr Traffic kTraffic{.blocks = 64};
  const unsigned batches = w.at_length(8u, 80u);  // of each vCPU
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "busy", {linear(BSC_SETUP(loop_disk(w, kLoopMib)))}));

  std::vector<Stream> streams;
  for (unsigned cpu = 0; cpu < w.cpus(); ++cpu)
    streams.push_back(open_stream(w, device->disk(), cpu, kTraffic));
  w.on_every_cpu([&](unsigned cpu) {
    for (unsigned batch = 0; batch < batches; ++batch) {
      BSC_SETUP(streams[cpu].run({.requests = 32, .read_percent = 30, .random = true}));
      const auto removed = device->remove(std::chrono::milliseconds(0));
      ASSERT_FALSE(removed) << "an open device was removed";
      EXPECT_EQ(removed.error().os_error, EBUSY) << removed.error().text();
    }
  });

  w.step("deferred");
  const auto deferred = device->remove_deferred();
  ASSERT_TRUE(deferred) << deferred.error().text();
  w.on_every_cpu([&](unsigned cpu) {
    BSC_SETUP(streams[cpu].run({.requests = 64, .read_percent = 30, .random = true}));
    BSC_SETUP(streams[cpu].read_back());
    check(streams[cpu]);
  });
  streams.clear();
  const std::string path = "/sys/block/" + device->disk().name;
  EXPECT_TRUE(wait_until(kDeviceLimit, [&] { return ::access(path.c_str(), F_OK) != 0; }))
      << path << " is still there after its last opener closed it";
}

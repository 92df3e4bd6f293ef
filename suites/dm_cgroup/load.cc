// SPDX-License-Identifier: GPL-2.0-only
#include "suites/dm_cgroup/load.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace bioscope_suite_dm_cgroup {

using namespace bioscope;
using namespace bioscope::scenario;

namespace {

Stream open_stream(Workload& w, const BlockDevice& disk, unsigned cpu, const LoadOptions& options) {
  Extent extent = share_of(disk, cpu, w.cpus());
  extent.sectors =
      std::min(extent.sectors, std::uint64_t{options.blocks} * options.block / kSectorBytes);
  return BSC_SETUP(
      Stream::open(w, disk, {.extent = extent, .block = options.block, .writer = cpu + 1}));
}

void check(const Stream& stream) {
  for (const std::string& fault : stream.faults()) ADD_FAILURE() << fault;
}

}  // namespace

Charged load(Workload& w, const BlockDevice& disk, const LoadOptions& options) {
  std::atomic<std::uint64_t> read{0};
  std::atomic<std::uint64_t> written{0};
  w.on_every_cpu([&](unsigned cpu) {
    Stream stream = open_stream(w, disk, cpu, options);
    // Some have to be durable at once, on what may have to be allocated for them.
    BSC_SETUP(stream.run({.requests = options.blocks / 2}));
    BSC_SETUP(stream.run({.requests = options.blocks - options.blocks / 2, .durable = true}));
    BSC_SETUP(stream.run({.requests = options.requests, .read_percent = 50, .random = true}));
    stream.flush();
    BSC_SETUP(stream.run({.requests = options.blocks / 4, .random = true, .durable = true}));
    BSC_SETUP(stream.read_back());
    check(stream);
    read += stream.tally().reads * options.block;
    written += stream.tally().writes * options.block;
  });
  return {read, written};
}

void expect_charged(Workload& w, const BlockDevice& disk, const std::vector<BlockDevice>& disks,
                    const LoadOptions& options) {
  const auto group = BSC_SETUP(Cgroup::create(w, "charged-" + disk.name));
  Charged done;
  {
    const Inside inside(*group);
    done = load(w, disk, options);
  }
  std::uint64_t read = 0;
  for (const BlockDevice& below : disks) {
    const auto bill = charged(*group, below);
    ASSERT_TRUE(bill) << bill.error().text();
    EXPECT_GE(bill->written, done.written) << "written to " << below.name;
    read += bill->read;
  }
  EXPECT_GE(read, done.read) << "read below " << disk.name;
}

void load_under_change(Workload& w, const BlockDevice& disk, unsigned batches,
                       const std::function<void(unsigned round)>& change) {
  constexpr unsigned kRequests = 16;
  std::atomic<unsigned> run{0};
  std::atomic<bool> done{false};
  const std::jthread changer([&] {
    for (unsigned round = 0; !done; ++round) {
      const unsigned until = run + 1;
      change(round);
      while (!done && run < until) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  // When a thread below fails to set itself up, the changer must end as well.
  const struct SetAtEnd {
    std::atomic<bool>& flag;
    ~SetAtEnd() { flag = true; }
  } end{done};

  w.on_every_cpu([&](unsigned cpu) {
    Stream stream = open_stream(w, disk, cpu, {});
    for (unsigned batch = 0; batch < batches; ++batch) {
      BSC_SETUP(stream.run({.requests = kRequests, .read_percent = 40, .random = true}));
      ++run;
    }
    done = true;
    BSC_SETUP(stream.read_back());
    check(stream);
  });
}

}  // namespace bioscope_suite_dm_cgroup

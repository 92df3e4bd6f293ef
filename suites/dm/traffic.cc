// SPDX-License-Identifier: GPL-2.0-only
#include "suites/dm/traffic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace bioscope_suite_dm {

using namespace bioscope::scenario;

void check(const Stream& stream) {
  for (const std::string& fault : stream.faults()) ADD_FAILURE() << fault;
}

Stream open_stream(Workload& w, const BlockDevice& disk, unsigned cpu, const Traffic& traffic) {
  Extent extent = share_of(disk, cpu, w.cpus());
  extent.sectors =
      std::min(extent.sectors, std::uint64_t{traffic.blocks} * traffic.block / kSectorBytes);
  return BSC_SETUP(Stream::open(
      w, disk,
      {.extent = extent, .block = traffic.block, .depth = traffic.depth, .writer = cpu + 1}));
}

void on_every_cpu(Workload& w, const BlockDevice& disk, const Traffic& traffic) {
  w.on_every_cpu([&](unsigned cpu) {
    Stream stream = open_stream(w, disk, cpu, traffic);
    BSC_SETUP(stream.run({.requests = traffic.blocks}));
    BSC_SETUP(stream.run({.requests = traffic.requests, .read_percent = 50, .random = true}));
    BSC_SETUP(stream.read_back());
    check(stream);
  });
}

void change_under_traffic(Workload& w, const BlockDevice& disk, const Batches& batches,
                          const std::function<bool(unsigned round)>& change) {
  std::atomic<unsigned> run{0};
  std::atomic<unsigned> changed{0};
  std::atomic<bool> done{false};
  const std::jthread changer([&] {
    for (unsigned round = 0; !done && change(round); ++round) {
      ++changed;
      const unsigned until = run + batches.batches_between;
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
    const auto wanted = [&](unsigned batch) {
      if (batch < batches.batches) return true;
      return !done && changed < batches.changes && batch < 4 * batches.batches;
    };
    for (unsigned batch = 0; wanted(batch); ++batch) {
      BSC_SETUP(stream.run({.requests = batches.requests, .read_percent = 50, .random = true}));
      ++run;
    }
    done = true;
    BSC_SETUP(stream.read_back());
    check(stream);
  });
}

void expect_equal(const BlockDevice& one, const BlockDevice& other, const Extent& extent) {
  const auto first = read_sectors(one, extent);
  ASSERT_TRUE(first) << first.error().text();
  const auto second = read_sectors(other, extent);
  ASSERT_TRUE(second) << second.error().text();
  EXPECT_TRUE(std::ranges::equal(first->all(), second->all()))
      << one.name << " and " << other.name << " differ in sectors " << extent.first << "+"
      << extent.sectors;
}

}  // namespace bioscope_suite_dm

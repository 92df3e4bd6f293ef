// SPDX-License-Identifier: GPL-2.0-only
#include "suites/dm/traffic.h"

#include <gtest/gtest.h>
#include <pthread.h>

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
    // Some have to be durable at once, on what may have to be allocated for them.
    BSC_SETUP(stream.run({.requests = traffic.blocks - traffic.blocks / 4}));
    BSC_SETUP(stream.run({.requests = traffic.blocks / 4, .durable = true}));
    BSC_SETUP(stream.run({.requests = traffic.requests, .read_percent = 50, .random = true}));
    make_durable(stream, traffic.blocks / 4);
    BSC_SETUP(stream.read_back());
    check(stream);
  });
}

void make_durable(Stream& stream, unsigned requests) {
  stream.flush();
  BSC_SETUP(stream.run({.requests = requests, .random = true, .durable = true}));
  stream.flush();
}

void change_under_traffic(Workload& w, const BlockDevice& disk, const Batches& batches,
                          const std::function<bool(unsigned round)>& change) {
  std::atomic<unsigned> run{0};
  std::atomic<unsigned> changed{0};
  std::atomic<bool> done{false};
  const std::jthread changer([&] {
    ::pthread_setname_np(::pthread_self(), BSC_CHANGER);
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

void expect_older(const BlockDevice& snapshot, const BlockDevice& origin, const Extent& extent,
                  std::uint64_t newest) {
  const auto old = read_sectors(snapshot, extent);
  ASSERT_TRUE(old) << old.error().text();
  for (std::uint64_t at = 0; at < extent.sectors; ++at) {
    const SectorContent content =
        read_sector(ConstSector(old->part(at * kSectorBytes, kSectorBytes).first<kSectorBytes>()));
    ASSERT_EQ(content.state, SectorContent::State::kStamped) << describe(content);
    ASSERT_EQ(content.stamp.device, origin.number) << describe(content);
    ASSERT_EQ(content.stamp.sector, extent.first + at) << describe(content);
    ASSERT_LE(content.stamp.counter, newest) << "newer than the snapshot: " << describe(content);
  }
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

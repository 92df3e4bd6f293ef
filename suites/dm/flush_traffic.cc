// SPDX-License-Identifier: GPL-2.0-only
#include "suites/dm/flush_traffic.h"

#include <gtest/gtest.h>

#include "guest/scenario/attribute.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

namespace bioscope_suite_dm {

using namespace bioscope;
using namespace bioscope::scenario;

namespace {

constexpr std::uint64_t kChunkSectors = 8;
constexpr std::uint64_t kHeaderSectors = 1024;  // where a snapshot of an earlier trial may be seen

Status has_write_cache(const BlockDevice& disk) {
  BSC_TRY_ASSIGN(const std::string cache, queue_attribute(disk, "write_cache"));
  if (cache != "write back")
    return guest_error("{} has no volatile write cache (\"{}\"); flushes would be dropped",
                       disk.name, cache);
  return {};
}

}  // namespace

void commit_exceptions(Workload& w, const BlockDevice& cached) {
  BSC_SETUP(has_write_cache(cached));
  BSC_SETUP(w.host().load_module("dm_snapshot"));
  const auto store = BSC_SETUP(MappedDevice::create(w, "exceptions", {linear(cached)}));
  BSC_SETUP(zero_out(BSC_SETUP(open_disk(store->disk())), {0, kHeaderSectors}));
  const auto origin = BSC_SETUP(ramdisk(w, 0));
  const auto device = BSC_SETUP(
      MappedDevice::create(w, "snapshot", {snapshot(origin, store->disk(), kChunkSectors)}));

  // One request at a time and per chunk, each the first to its chunk: a commit for nearly each.
  w.on_every_cpu([&](unsigned cpu) {
    Stream stream = open_stream(w, device->disk(), cpu, {.blocks = 30, .depth = 1});
    BSC_SETUP(stream.run({.requests = 30}));
    stream.flush();
    BSC_SETUP(stream.read_back());
    check(stream);
  });

  // An invalidated snapshot answers with errors, which the streams may have been spared.
  const auto status = device->status();
  ASSERT_TRUE(status) << status.error().text();
  ASSERT_EQ(status->size(), 1u);
  EXPECT_EQ(status->front().parameters.find("Invalid"), std::string::npos)
      << status->front().parameters;
}

}  // namespace bioscope_suite_dm

// SPDX-License-Identifier: GPL-2.0-only
#include "suites/btt/traffic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

namespace bioscope_suite_btt {

using namespace bioscope::scenario;

void check(const Stream& stream) {
  for (const std::string& fault : stream.faults()) ADD_FAILURE() << fault;
}

Stream open_stream(Workload& w, const BlockDevice& disk, unsigned index, unsigned writers,
                   const Traffic& traffic) {
  Extent extent = share_of(disk, index, writers);
  extent.sectors =
      std::min(extent.sectors, std::uint64_t{traffic.blocks} * traffic.block / kSectorBytes);
  return BSC_SETUP(Stream::open(
      w, disk,
      {.extent = extent, .block = traffic.block, .depth = traffic.depth, .writer = index + 1}));
}

bioscope::Status move(Stream& stream, const Traffic& traffic) {
  BSC_TRY(stream.run({.requests = traffic.blocks}));
  BSC_TRY(stream.run({.requests = traffic.requests, .read_percent = 40, .random = true}));
  return stream.read_back();
}

void on_every_cpu(Workload& w, const BlockDevice& disk, const Traffic& traffic) {
  std::atomic<bool> done{false};  // the first; the others go on until then
  w.on_every_cpu([&](unsigned cpu) {
    const struct SetAtEnd {
      std::atomic<bool>* flag;
      ~SetAtEnd() {
        if (flag != nullptr) *flag = true;
      }
    } end{cpu == 0 ? &done : nullptr};
    Stream stream = open_stream(w, disk, cpu, w.cpus(), traffic);
    do BSC_SETUP(move(stream, traffic));
    while (cpu != 0 && !done);
    check(stream);
  });
}

}  // namespace bioscope_suite_btt

// SPDX-License-Identifier: GPL-2.0-only
// Requests around a part of a disk that fails.
#pragma once

#include <cstdint>
#include <functional>

#include "guest/scenario/disk.h"
#include "guest/scenario/io_queue.h"
#include "guest/scenario/scenario.h"

namespace bioscope::scenario {

inline constexpr std::size_t kBadPartBytes = 4096;  // of each request

// The disk is good before `good` sectors and fails the next `bad` ones.
struct BadPart {
  std::uint64_t good = 0;
  std::uint64_t bad = 0;
  bool holds(std::uint64_t block) const { return block >= good * kSectorBytes / kBadPartBytes; }
};

// From every vCPU `requests` reads and writes in turn, four in flight at a time; of four neighbours
// one or two are in the bad part, of each kind in turn. A completion's cookie is its block.
void request_around(Workload& w, const BlockDevice& disk, const BadPart& part, unsigned requests,
                    const std::function<void(const IoCompletion&)>& done);

}  // namespace bioscope::scenario

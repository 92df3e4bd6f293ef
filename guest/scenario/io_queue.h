// SPDX-License-Identifier: GPL-2.0-only
// IoQueue: keeps several requests of one thread in flight, by the kernel's own asynchronous I/O or
// by polling; neither needs a library. One thread uses a queue. Buffers stay the caller's and must
// outlive their request; the destructor waits for what is still in flight.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::scenario {

struct IoRequest {
  enum class Kind { kRead, kWrite, kDurableWrite };  // durable: RWF_DSYNC
  Kind kind{};
  int fd = -1;
  std::uint64_t offset = 0;  // bytes
  std::span<std::byte> buffer;
  std::uint64_t cookie = 0;  // comes back in the completion
};

struct IoCompletion {
  std::uint64_t cookie = 0;
  std::int64_t result = 0;  // bytes, or a negative errno
};

class IoQueue {
 public:
  IoQueue() = default;
  IoQueue(const IoQueue&) = delete;
  IoQueue& operator=(const IoQueue&) = delete;
  virtual ~IoQueue() = default;

  virtual unsigned in_flight() const = 0;
  virtual Status submit(const IoRequest& request) = 0;
  // At least one completion if anything is in flight; waits for it as long as it takes.
  virtual Result<std::vector<IoCompletion>> reap() = 0;
};

Result<std::unique_ptr<IoQueue>> open_aio_queue(unsigned depth);  // io_submit

// io_uring with IORING_SETUP_IOPOLL: reap() looks for completions itself, no interrupt tells of
// them. Needs O_DIRECT and "config:IO_URING"; a disk without polling completes as ever.
Result<std::unique_ptr<IoQueue>> open_polled_queue(unsigned depth);

}  // namespace bioscope::scenario

// SPDX-License-Identifier: GPL-2.0-only
// AioQueue: keeps several requests of one thread in flight with the kernel's own asynchronous I/O
// (io_submit), which needs no library. One thread uses a queue. Buffers stay the caller's and must
// outlive their request; the destructor waits for what is still in flight.
#pragma once

#include <linux/aio_abi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::scenario {

struct AioRequest {
  enum class Kind { kRead, kWrite, kDurableWrite };  // durable: RWF_DSYNC
  Kind kind{};
  int fd = -1;
  std::uint64_t offset = 0;  // bytes
  std::span<std::byte> buffer;
  std::uint64_t cookie = 0;  // comes back in the completion
};

struct AioCompletion {
  std::uint64_t cookie = 0;
  std::int64_t result = 0;  // bytes, or a negative errno
};

class AioQueue {
 public:
  static Result<AioQueue> open(unsigned depth);
  AioQueue(AioQueue&& other) noexcept;
  AioQueue& operator=(AioQueue&&) = delete;
  ~AioQueue();

  unsigned in_flight() const { return in_flight_; }

  Status submit(const AioRequest& request);
  // At least one completion if anything is in flight; waits for it as long as it takes.
  Result<std::vector<AioCompletion>> reap();

 private:
  explicit AioQueue(aio_context_t context, unsigned depth) : context_(context), depth_(depth) {}

  aio_context_t context_ = 0;
  unsigned depth_ = 0;
  unsigned in_flight_ = 0;
};

}  // namespace bioscope::scenario

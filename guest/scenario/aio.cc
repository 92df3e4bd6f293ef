// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/aio.h"

#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <utility>

#include "guest/scenario/attribute.h"
#include "harness/base/check.h"

namespace bioscope::scenario {

Result<AioQueue> AioQueue::open(unsigned depth) {
  aio_context_t context = 0;
  if (::syscall(SYS_io_setup, depth, &context) != 0)
    return guest_os_error(errno, "cannot set up a queue of {} requests", depth);
  return AioQueue(context, depth);
}

AioQueue::AioQueue(AioQueue&& other) noexcept
    : context_(std::exchange(other.context_, 0)),
      depth_(other.depth_),
      in_flight_(std::exchange(other.in_flight_, 0)) {}

AioQueue::~AioQueue() {
  if (context_ != 0) ::syscall(SYS_io_destroy, context_);
}

Status AioQueue::submit(const AioRequest& request) {
  BSC_CHECK(in_flight_ < depth_);
  iocb block{};
  block.aio_data = request.cookie;
  block.aio_lio_opcode = request.kind == AioRequest::Kind::kRead ? IOCB_CMD_PREAD : IOCB_CMD_PWRITE;
  block.aio_rw_flags = request.kind == AioRequest::Kind::kDurableWrite ? RWF_DSYNC : 0;
  block.aio_fildes = static_cast<std::uint32_t>(request.fd);
  block.aio_buf = reinterpret_cast<std::uintptr_t>(request.buffer.data());
  block.aio_nbytes = request.buffer.size();
  block.aio_offset = static_cast<std::int64_t>(request.offset);
  iocb* blocks[] = {&block};
  long taken = 0;
  do {
    taken = ::syscall(SYS_io_submit, context_, 1, blocks);
  } while (taken < 0 && errno == EINTR);
  if (taken != 1)
    return guest_os_error(errno, "cannot submit {} bytes at {}", request.buffer.size(),
                          request.offset);
  ++in_flight_;
  return {};
}

Result<std::vector<AioCompletion>> AioQueue::reap() {
  std::vector<AioCompletion> completions;
  if (in_flight_ == 0) return completions;
  std::vector<io_event> events(in_flight_);
  long count = 0;
  do {
    count = ::syscall(SYS_io_getevents, context_, 1, static_cast<long>(events.size()),
                      events.data(), nullptr);
  } while (count < 0 && errno == EINTR);
  if (count < 1) return guest_os_error(errno, "cannot wait for {} requests", in_flight_);
  for (long index = 0; index < count; ++index)
    completions.push_back({events[index].data, events[index].res});
  in_flight_ -= static_cast<unsigned>(count);
  return completions;
}

}  // namespace bioscope::scenario

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/aio_abi.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "guest/scenario/attribute.h"
#include "guest/scenario/io_queue.h"
#include "harness/base/check.h"

namespace bioscope::scenario {
namespace {

class AioQueue final : public IoQueue {
 public:
  AioQueue(aio_context_t context, unsigned depth) : context_(context), depth_(depth) {}
  ~AioQueue() override { ::syscall(SYS_io_destroy, context_); }

  unsigned in_flight() const override { return in_flight_; }
  Status submit(const IoRequest& request) override;
  Result<std::vector<IoCompletion>> reap() override;

 private:
  aio_context_t context_;
  unsigned depth_;
  unsigned in_flight_ = 0;
};

Status AioQueue::submit(const IoRequest& request) {
  BSC_CHECK(in_flight_ < depth_);
  iocb block{};
  block.aio_data = request.cookie;
  block.aio_lio_opcode = request.kind == IoRequest::Kind::kRead ? IOCB_CMD_PREAD : IOCB_CMD_PWRITE;
  block.aio_rw_flags = request.kind == IoRequest::Kind::kDurableWrite ? RWF_DSYNC : 0;
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

Result<std::vector<IoCompletion>> AioQueue::reap() {
  std::vector<IoCompletion> completions;
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

}  // namespace

Result<std::unique_ptr<IoQueue>> open_aio_queue(unsigned depth) {
  aio_context_t context = 0;
  if (::syscall(SYS_io_setup, depth, &context) != 0)
    return guest_os_error(errno, "cannot set up a queue of {} requests", depth);
  return std::make_unique<AioQueue>(context, depth);
}

}  // namespace bioscope::scenario

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/fs.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "guest/scenario/attribute.h"
#include "guest/scenario/io_queue.h"
#include "harness/base/check.h"
#include "harness/base/fd.h"

namespace bioscope::scenario {
namespace {

// Memory that a ring shares with the kernel.
class Mapping {
 public:
  static Result<Mapping> of(const Fd& ring, std::size_t bytes, std::uint64_t offset) {
    void* const start = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                               ring.get(), static_cast<off_t>(offset));
    if (start == MAP_FAILED) return guest_os_error(errno, "cannot map a ring of io_uring");
    return Mapping(start, bytes);
  }
  Mapping(Mapping&& other) noexcept
      : start_(std::exchange(other.start_, nullptr)), bytes_(other.bytes_) {}
  Mapping& operator=(Mapping&&) = delete;
  ~Mapping() {
    if (start_ != nullptr) ::munmap(start_, bytes_);
  }

  template <class T>
  T* at(std::uint32_t offset) const {
    return reinterpret_cast<T*>(static_cast<std::byte*>(start_) + offset);
  }

 private:
  Mapping(void* start, std::size_t bytes) : start_(start), bytes_(bytes) {}

  void* start_;
  std::size_t bytes_;
};

class PolledQueue final : public IoQueue {
 public:
  PolledQueue(Fd ring, const io_uring_params& layout, Mapping submissions, Mapping completions,
              Mapping entries)
      : ring_(std::move(ring)),
        layout_(layout),
        submissions_(std::move(submissions)),
        completions_(std::move(completions)),
        entries_(std::move(entries)) {}
  ~PolledQueue() override {
    while (in_flight_ != 0 && reap()) {}
  }

  unsigned in_flight() const override { return in_flight_; }
  Status submit(const IoRequest& request) override;
  Result<std::vector<IoCompletion>> reap() override;

 private:
  Status enter(unsigned to_submit, unsigned wanted) const;

  Fd ring_;
  io_uring_params layout_;
  Mapping submissions_;
  Mapping completions_;
  Mapping entries_;
  unsigned in_flight_ = 0;
};

Status PolledQueue::enter(unsigned to_submit, unsigned wanted) const {
  long done = 0;
  do {
    done = ::syscall(SYS_io_uring_enter, ring_.get(), to_submit, wanted,
                     wanted != 0 ? IORING_ENTER_GETEVENTS : 0, nullptr, 0);
  } while (done < 0 && errno == EINTR);
  if (done < 0) return guest_os_error(errno, "io_uring fails");
  if (static_cast<unsigned long>(done) != to_submit)
    return guest_error("io_uring took {} of {} requests", done, to_submit);
  return {};
}

Status PolledQueue::submit(const IoRequest& request) {
  BSC_CHECK(in_flight_ < layout_.sq_entries);
  auto* const tail = submissions_.at<std::uint32_t>(layout_.sq_off.tail);
  const std::uint32_t slot = *tail & *submissions_.at<std::uint32_t>(layout_.sq_off.ring_mask);
  auto* const entry = entries_.at<io_uring_sqe>(0) + slot;
  *entry = {};
  entry->opcode = request.kind == IoRequest::Kind::kRead ? IORING_OP_READ : IORING_OP_WRITE;
  entry->rw_flags = request.kind == IoRequest::Kind::kDurableWrite ? RWF_DSYNC : 0;
  entry->fd = request.fd;
  entry->off = request.offset;
  entry->addr = reinterpret_cast<std::uintptr_t>(request.buffer.data());
  entry->len = static_cast<std::uint32_t>(request.buffer.size());
  entry->user_data = request.cookie;
  submissions_.at<std::uint32_t>(layout_.sq_off.array)[slot] = slot;
  std::atomic_ref(*tail).store(*tail + 1, std::memory_order_release);
  BSC_TRY(enter(1, 0));
  ++in_flight_;
  return {};
}

Result<std::vector<IoCompletion>> PolledQueue::reap() {
  std::vector<IoCompletion> completions;
  if (in_flight_ == 0) return completions;
  auto* const head = completions_.at<std::uint32_t>(layout_.cq_off.head);
  auto* const tail = completions_.at<std::uint32_t>(layout_.cq_off.tail);
  const std::uint32_t mask = *completions_.at<std::uint32_t>(layout_.cq_off.ring_mask);
  while (std::atomic_ref(*tail).load(std::memory_order_acquire) == *head) BSC_TRY(enter(0, 1));
  const std::uint32_t until = std::atomic_ref(*tail).load(std::memory_order_acquire);
  for (std::uint32_t at = *head; at != until; ++at) {
    const auto& done = completions_.at<io_uring_cqe>(layout_.cq_off.cqes)[at & mask];
    completions.push_back({done.user_data, done.res});
  }
  std::atomic_ref(*head).store(until, std::memory_order_release);
  in_flight_ -= static_cast<unsigned>(completions.size());
  return completions;
}

}  // namespace

Result<std::unique_ptr<IoQueue>> open_polled_queue(unsigned depth) {
  io_uring_params layout{};
  layout.flags = IORING_SETUP_IOPOLL;
  Fd ring(static_cast<int>(::syscall(SYS_io_uring_setup, depth, &layout)));
  if (!ring) return guest_os_error(errno, "cannot set up a polled queue of {} requests", depth);
  BSC_TRY_ASSIGN(Mapping submissions,
                 Mapping::of(ring, layout.sq_off.array + layout.sq_entries * sizeof(std::uint32_t),
                             IORING_OFF_SQ_RING));
  BSC_TRY_ASSIGN(Mapping completions,
                 Mapping::of(ring, layout.cq_off.cqes + layout.cq_entries * sizeof(io_uring_cqe),
                             IORING_OFF_CQ_RING));
  BSC_TRY_ASSIGN(Mapping entries,
                 Mapping::of(ring, layout.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES));
  return std::make_unique<PolledQueue>(std::move(ring), layout, std::move(submissions),
                                       std::move(completions), std::move(entries));
}

}  // namespace bioscope::scenario

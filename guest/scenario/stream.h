// SPDX-License-Identifier: GPL-2.0-only
// Stream: one thread's checked I/O on a part of a disk that it owns alone. It remembers what it
// wrote where, so every read is held against it. What the kernel got wrong (an error, a wrong
// sector) is gathered as faults, for the scenario to assert on; a Result is the guest's set-up.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "guest/scenario/buffer.h"
#include "guest/scenario/disk.h"
#include "guest/scenario/io_queue.h"
#include "guest/scenario/sector.h"

namespace bioscope::scenario {

struct StreamOptions {
  Extent extent{};             // of the disk
  std::uint32_t block = 4096;  // bytes of one request
  unsigned depth = 8;          // requests in flight
  Caching caching = Caching::kDirect;
  bool polled = false;  // direct only; see open_polled_queue
  std::uint32_t writer = 0;
};

// How a stream moves over its blocks.
struct Mix {
  unsigned requests = 0;
  unsigned read_percent = 0;
  bool random = false;                      // else one after the other, over and over
  bool durable = false;                     // writes reach the medium before they are done
  const std::atomic<bool>* stop = nullptr;  // ends it before its last request
};

struct Tally {
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
};

class Stream {
 public:
  static Result<Stream> open(Workload& workload, const BlockDevice& disk,
                             const StreamOptions& options);

  // What the blocks held before is not known, and not checked, until they are written or zeroed.
  Status run(const Mix& mix);
  Status read_back();   // every known block once
  void zero();          // BLKZEROOUT of the whole extent
  void flush();         // fdatasync
  Status drop_cache();  // a buffered stream's next reads come from the disk

  const Tally& tally() const { return tally_; }
  // At most kMaxFaults, then how many more.
  const std::vector<std::string>& faults() const { return faults_; }
  static constexpr std::size_t kMaxFaults = 8;

 private:
  struct Block {
    enum class Content : std::uint8_t { kUnknown, kZero, kStamped };
    Content content = Content::kUnknown;
    bool busy = false;
    std::uint64_t counter = 0;
  };
  struct Slot {
    std::uint64_t block = 0;
    IoRequest::Kind kind{};
  };

  Stream(Workload& workload, const BlockDevice& disk, const StreamOptions& options, Fd fd,
         std::unique_ptr<IoQueue> queue, Buffer memory);

  Status start(std::uint64_t block, IoRequest::Kind kind);
  Status reap();
  Status drain();
  void finish(const IoCompletion& completion);
  void check(std::uint64_t block, std::span<const std::byte> bytes);
  void fault(std::string what);
  std::uint64_t first_sector(std::uint64_t block) const;
  std::span<std::byte> buffer(unsigned slot);

  Workload* workload_;
  BlockDevice disk_;
  StreamOptions options_;
  Fd fd_;
  Buffer memory_;
  std::vector<Block> blocks_;
  std::vector<Slot> slots_;
  std::vector<unsigned> free_slots_;
  std::mt19937_64 random_;
  std::uint64_t next_ = 0;
  std::uint64_t counter_ = 0;
  Tally tally_;
  std::vector<std::string> faults_;
  std::uint64_t more_faults_ = 0;
  std::unique_ptr<IoQueue> queue_;  // last: gone before the buffers
};

}  // namespace bioscope::scenario

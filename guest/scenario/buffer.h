// SPDX-License-Identifier: GPL-2.0-only
// Buffer: memory that direct I/O accepts on any disk, aligned to a page. Suites and fixtures own
// one for as long as requests may write into it.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>

#include "harness/base/result.h"

namespace bioscope::scenario {

inline constexpr std::size_t kPageBytes = 4096;

class Buffer {
 public:
  static Result<Buffer> allocate(std::size_t bytes) {
    const std::size_t whole = (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
    Memory memory(static_cast<std::byte*>(std::aligned_alloc(kPageBytes, whole)));
    if (!memory) return guest_error("no memory for a buffer of {} bytes", bytes);
    return Buffer(std::move(memory), bytes);
  }

  std::span<std::byte> part(std::size_t at, std::size_t bytes) const {
    return {memory_.get() + at, bytes};
  }
  std::span<std::byte> all() const { return part(0, bytes_); }

 private:
  struct Free {
    void operator()(std::byte* bytes) const { std::free(bytes); }
  };
  using Memory = std::unique_ptr<std::byte, Free>;

  Buffer(Memory memory, std::size_t bytes) : memory_(std::move(memory)), bytes_(bytes) {}

  Memory memory_;
  std::size_t bytes_;
};

}  // namespace bioscope::scenario

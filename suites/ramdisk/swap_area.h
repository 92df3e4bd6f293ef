// SPDX-License-Identifier: GPL-2.0-only
// A disk as swap for one scenario, and memory that goes there and comes back.
#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "guest/scenario/disk.h"

namespace bioscope_suite_ramdisk {

// Writes the header that mkswap writes, for `pages` pages, and turns swap on until the cleanup.
bioscope::Status swap_on(bioscope::scenario::Workload& w,
                         const bioscope::scenario::BlockDevice& disk, std::uint32_t pages);

// Anonymous pages with stamped sectors.
class Pages {
 public:
  static bioscope::Result<Pages> map(std::size_t pages);
  Pages(Pages&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  ~Pages();

  std::size_t count() const;
  void stamp(std::size_t index, std::uint32_t round) const;
  // Asks the kernel to write these out now; the errno, or 0. What cannot go stays.
  int out(std::size_t first, std::size_t pages) const;
  // That it holds what was stamped; comes back first, if it is out.
  void expect(std::size_t index, std::uint32_t round) const;

 private:
  explicit Pages(std::span<std::byte> bytes) : bytes_(bytes) {}
  std::span<std::byte> sector(std::size_t index) const;

  std::span<std::byte> bytes_;
};

}  // namespace bioscope_suite_ramdisk

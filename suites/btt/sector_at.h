// SPDX-License-Identifier: GPL-2.0-only
// One sector of a table with sectors of 512 bytes: written and read by itself, past the cache,
// where some calls are to fail; and where its block lies.
#pragma once

#include "suites/btt/traffic.h"

namespace bioscope_suite_btt {

class SectorAt {
 public:
  // Each has memory of its own.
  static SectorAt of(const bioscope::scenario::BlockDevice& disk, std::uint64_t lba);

  // 0, or the errno of the call.
  int write(std::uint64_t counter) const;
  int read() const;
  // That it can be read, is whole, and has this counter.
  void expect(std::uint64_t counter) const;

 private:
  SectorAt(bioscope::Fd fd, bioscope::scenario::Buffer buffer, std::uint64_t lba)
      : fd_(std::move(fd)), buffer_(std::move(buffer)), lba_(lba) {}

  bioscope::Fd fd_;
  bioscope::scenario::Buffer buffer_;
  std::uint64_t lba_;
};

// In the namespace, of the blocks that these sectors have. The namespace is nobody's meanwhile.
std::vector<std::uint64_t> offsets_of(bioscope::scenario::BttNamespace& space,
                                      std::span<const std::uint64_t> lbas);

}  // namespace bioscope_suite_btt

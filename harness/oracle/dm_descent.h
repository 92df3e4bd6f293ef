// SPDX-License-Identifier: GPL-2.0-only
// DmDescent: the mapped device that a bio goes down from, be it dm's clone or a bio of a target
// that is sent for one; and which mapped devices take flushes. The block layer ends a flush, and
// forgets FUA, in front of a device that has no volatile cache. For oracles of this folder.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <unordered_set>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {

class DmDescent {
 public:
  struct From {
    std::uint32_t generation = 0;  // of the bio that goes down
    std::uint32_t device = 0;      // the mapped one
    Ref master{};
  };

  void see(const Step& step);
  // Null if dm has not sent it.
  const From* from(const BioModel& model, Index bio) const;
  bool is_mapped(std::uint32_t device) const { return mapped_.contains(device); }
  // Order of the first flush that was seen in it since its table was last changed; 0: none.
  std::uint64_t flush_seen(std::uint32_t device) const {
    const auto found = flushed_.find(device);
    return found == flushed_.end() ? 0 : found->second;
  }

 private:
  std::unordered_map<Index, From> from_;
  std::unordered_map<std::uint32_t, std::uint64_t> flushed_;
  std::unordered_set<std::uint32_t> mapped_;
};

}  // namespace bioscope::oracle

// SPDX-License-Identifier: GPL-2.0-only
// ServedBios: on whose behalf a bio goes down: a dm clone for its master, a target's own bio for
// the clone that it was sent for, any clone for its source. For oracles and witnesses of this
// folder.
#pragma once

#include <unordered_map>
#include <vector>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {

class ServedBios {
 public:
  void see(const Step& step);
  // Those above a bio, the nearest first. They may be over by now.
  std::vector<Ref> all_above(const BioModel& model, Index bio) const;

 private:
  struct Sent {
    std::uint32_t generation = 0;
    Ref clone{};
  };
  std::unordered_map<Index, Sent> sent_;  // targets' own bios
};

}  // namespace bioscope::oracle

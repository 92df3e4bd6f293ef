// SPDX-License-Identifier: GPL-2.0-only
// Groups: what the scenarios do with cgroups beyond making them: being in one, what it was charged
// for, and that none is left in the end.
#pragma once

#include <cstdint>

#include "guest/scenario/cgroup.h"
#include "guest/scenario/disk.h"

namespace bioscope_suite_dm_cgroup {

// A page that a task has had since it was in a group keeps the group dying, and with it the count
// of groups off. Only the io controller is on trial here.
inline constexpr char kNoMemoryController[] = "cgroup_disable=memory";

// To be called first: records how many groups there are, and records it again when everything that
// the body made is undone and the dying ones are gone. Who is left is the oracle's to judge.
void count_groups(bioscope::scenario::Workload& w);

// The process is in the group as long as one of these lives, then in the root.
class Inside {
 public:
  explicit Inside(bioscope::scenario::Cgroup& group);
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  ~Inside();
};

// The group's io.stat, zero for a disk that it has no line for.
struct Charged {
  std::uint64_t read = 0;  // bytes
  std::uint64_t written = 0;
};
bioscope::Result<Charged> charged(const bioscope::scenario::Cgroup& group,
                                  const bioscope::scenario::BlockDevice& disk);

// Sets an attribute of the root group.
bioscope::Status set_root(std::string_view attribute, std::string_view value);

}  // namespace bioscope_suite_dm_cgroup

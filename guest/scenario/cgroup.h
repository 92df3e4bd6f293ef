// SPDX-License-Identifier: GPL-2.0-only
// Cgroup: one cgroup2 group with the io controller, made in the hierarchy at /sys/fs/cgroup. The
// workload removes it in its cleanup, after moving what is left in it back to the root; a group
// that cannot be removed is then a claim about the kernel.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "guest/scenario/scenario.h"
#include "harness/base/result.h"

namespace bioscope::scenario {

class Cgroup {
 public:
  // A child of the root. The kernel needs CONFIG_BLK_CGROUP.
  static Result<std::shared_ptr<Cgroup>> create(Workload& workload, std::string_view name);
  // A group below this one, which then may hold no process of its own.
  Result<std::shared_ptr<Cgroup>> make_child(Workload& workload, std::string_view name) const;
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;

  const std::string& path() const { return path_; }

  Status adopt(pid_t process);  // all its threads; 0: the caller's
  // With io, only whole processes can be told apart: a thread's group must be made threaded
  // first, and its I/O counts for the nearest group that is not.
  Status make_threaded();
  Status adopt_thread(pid_t thread);  // 0: the caller

  Status remove();

 private:
  static Result<std::shared_ptr<Cgroup>> create_in(Workload& workload, const std::string& parent,
                                                   std::string_view name);
  explicit Cgroup(std::string path) : path_(std::move(path)) {}

  std::string path_;
  bool there_ = true;
};

}  // namespace bioscope::scenario

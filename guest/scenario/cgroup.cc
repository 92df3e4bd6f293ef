// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/cgroup.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sstream>

#include "guest/scenario/attribute.h"
#include "guest/scenario/wait.h"

namespace bioscope::scenario {
namespace {

constexpr char kRoot[] = "/sys/fs/cgroup";

// Any thread's number moves its whole process.
Status move_all_to_root(const std::string& from) {
  BSC_TRY_ASSIGN(const std::string members, read_attribute(from + "/cgroup.threads"));
  std::istringstream lines(members);
  for (std::string member; std::getline(lines, member);)
    BSC_TRY(write_attribute(fmt::format("{}/cgroup.procs", kRoot), member));
  return {};
}

}  // namespace

Result<std::shared_ptr<Cgroup>> Cgroup::create(Workload& workload, std::string_view name) {
  return create_in(workload, kRoot, name);
}

Result<std::shared_ptr<Cgroup>> Cgroup::make_child(Workload& workload,
                                                   std::string_view name) const {
  return create_in(workload, path_, name);
}

Result<std::shared_ptr<Cgroup>> Cgroup::create_in(Workload& workload, const std::string& parent,
                                                  std::string_view name) {
  const std::string path = fmt::format("{}/{}", parent, name);
  BSC_TRY(write_attribute(parent + "/cgroup.subtree_control", "+io"));
  if (::mkdir(path.c_str(), 0755) != 0) return guest_os_error(errno, "cannot make {}", path);
  std::shared_ptr<Cgroup> group(new Cgroup(path));
  workload.cleanup([group] {
    const Status removed = group->remove();
    EXPECT_TRUE(removed) << removed.error().text();
  });
  return group;
}

Status Cgroup::adopt(pid_t process) {
  return write_attribute(path_ + "/cgroup.procs", std::to_string(process));
}

Status Cgroup::make_threaded() { return write_attribute(path_ + "/cgroup.type", "threaded"); }

Status Cgroup::adopt_thread(pid_t thread) {
  return write_attribute(path_ + "/cgroup.threads", std::to_string(thread));
}

Status Cgroup::remove() {
  if (!there_) return {};
  // A process that is about to be gone may still be listed.
  int code = 0;
  Status moved;
  const bool removed = wait_until(kDeviceLimit, [&] {
    code = ::rmdir(path_.c_str()) == 0 ? 0 : errno;
    if (code == EBUSY) moved = move_all_to_root(path_);
    return code != EBUSY;
  });
  if (!removed && !moved) return within(fmt::format("cannot empty {}", path_), moved);
  if (code != 0) return guest_os_error(code, "cannot remove {}", path_);
  there_ = false;
  return {};
}

}  // namespace bioscope::scenario

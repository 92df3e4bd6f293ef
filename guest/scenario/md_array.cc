// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/md_array.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/major.h>
// After what defines MD_MAJOR.
#include <linux/raid/md_u.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>

#include "guest/scenario/attribute.h"
#include "guest/scenario/wait.h"

namespace bioscope::scenario {

namespace {

constexpr char kNewArray[] = "/sys/module/md_mod/parameters/new_array";
// Of a member, and of an array that need not be synchronised: bits of linux/raid/md_p.h.
constexpr int kActiveInSync = 1 << 1 | 1 << 2;
constexpr int kClean = 1 << 0;

Result<Fd> open_array(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return guest_os_error(errno, "md: cannot open {}", path);
  return fd;
}

Status member_ioctl(const std::string& path, unsigned long request, std::string_view step,
                    const BlockDevice& member) {
  BSC_TRY_ASSIGN(const Fd array, open_array(path));
  if (::ioctl(array.get(), request, static_cast<unsigned long>(member.number)) != 0)
    return guest_os_error(errno, "md: cannot {} {}", step, member.name);
  return {};
}

}  // namespace

Result<std::shared_ptr<MdArray>> MdArray::create(Workload& workload, unsigned number) {
  const std::string name = fmt::format("md{}", number);
  BSC_TRY(write_attribute(kNewArray, name));
  std::shared_ptr<MdArray> array(new MdArray(workload));
  array->path_ = "/dev/" + name;
  workload.cleanup([array] {
    const Status stopped = array->stop();
    EXPECT_TRUE(stopped) << stopped.error().text();
  });
  return array;
}

Status MdArray::describe(const mdu_array_info_t& info) {
  Fd array;
  wait_until(kDeviceLimit, [&] {
    array.reset(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
    return static_cast<bool>(array);
  });
  if (!array) return guest_os_error(errno, "md: cannot open {}", path_);
  if (::ioctl(array.get(), SET_ARRAY_INFO, &info) != 0)
    return guest_os_error(errno, "md: cannot describe {}", path_);
  there_ = true;
  return {};
}

Status MdArray::take(const std::vector<BlockDevice>& members, const MdLayout& layout) {
  mdu_array_info_t info{};
  info.level = layout.level;
  info.layout = layout.layout;
  info.chunk_size = static_cast<int>(layout.chunk_bytes);
  info.raid_disks = info.nr_disks = static_cast<int>(members.size());
  info.not_persistent = 1;
  info.state = kClean;
  info.size = static_cast<int>(std::ranges::min(members, {}, &BlockDevice::sectors).sectors / 2);
  BSC_TRY(describe(info));
  for (unsigned at = 0; at < members.size(); ++at) BSC_TRY(give(members[at], at));
  return {};
}

Status MdArray::expect_superblocks() {
  mdu_array_info_t info{};
  info.major_version = 1;
  info.minor_version = 2;
  return describe(info);
}

Status MdArray::give(const BlockDevice& member, unsigned place) {
  BSC_TRY_ASSIGN(const Fd array, open_array(path_));
  mdu_disk_info_t disk{};
  disk.number = disk.raid_disk = static_cast<int>(place);
  disk.major = static_cast<int>(gnu_dev_major(member.number));
  disk.minor = static_cast<int>(gnu_dev_minor(member.number));
  disk.state = kActiveInSync;
  if (::ioctl(array.get(), ADD_NEW_DISK, &disk) != 0)
    return guest_os_error(errno, "md: cannot give {} to {}", member.name, path_);
  return {};
}

Status MdArray::start() {
  {
    BSC_TRY_ASSIGN(const Fd array, open_array(path_));
    if (::ioctl(array.get(), RUN_ARRAY, nullptr) != 0)
      return guest_os_error(errno, "md: cannot start {}", path_);
  }
  BSC_TRY_ASSIGN(disk_, find_disk(workload_.host(), path_));
  return {};
}

Status MdArray::fail(const BlockDevice& member) {
  return member_ioctl(path_, SET_DISK_FAULTY, "fail", member);
}

Status MdArray::take_out(const BlockDevice& member) {
  Status done;
  wait_until(kDeviceLimit, [&] {
    done = member_ioctl(path_, HOT_REMOVE_DISK, "take out", member);
    return done || done.error().os_error != EBUSY;
  });
  return done;
}

bool MdArray::wait_until_out(const BlockDevice& member) const {
  const std::string shown = fmt::format("/sys/block/{}/md/dev-{}", disk_.name, member.name);
  return wait_until(kDeviceLimit, [&] { return ::access(shown.c_str(), F_OK) != 0; });
}

Status MdArray::put_in(const BlockDevice& member) {
  return member_ioctl(path_, HOT_ADD_DISK, "put in", member);
}

Status MdArray::stop() {
  if (!there_) return {};
  BSC_TRY_ASSIGN(const Fd array, open_array(path_));
  if (::ioctl(array.get(), STOP_ARRAY, nullptr) != 0)
    return guest_os_error(errno, "md: cannot stop {}", path_);
  there_ = false;
  return {};
}

bool MdArray::wait_until_gone() const {
  const std::string shown = "/sys/block/" + path_.substr(path_.rfind('/') + 1);
  return wait_until(kDeviceLimit, [&] { return ::access(shown.c_str(), F_OK) != 0; });
}

}  // namespace bioscope::scenario

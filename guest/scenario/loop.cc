// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/loop.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <memory>

#include "guest/scenario/attribute.h"
#include "guest/scenario/wait.h"

namespace bioscope::scenario {
namespace {

constexpr char kControl[] = "/dev/loop-control";

// A sparse file without a name, which goes with its last user.
Result<Fd> nameless_file(std::uint64_t bytes) {
  char path[] = "/bsc-loop-XXXXXX";
  Fd file(::mkostemp(path, O_CLOEXEC));
  if (!file) return guest_os_error(errno, "cannot make a file for a loop disk");
  ::unlink(path);
  if (::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0)
    return guest_os_error(errno, "cannot give a loop disk's file {} bytes", bytes);
  return file;
}

Result<BlockDevice> attach(Workload& workload, std::uint64_t mib) {
  BSC_TRY(workload.host().load_module("loop"));
  BSC_TRY_ASSIGN(const Fd file, nameless_file(mib << 20));
  Fd control;
  const bool opened = wait_until(kDeviceLimit, [&] {
    control.reset(::open(kControl, O_RDWR | O_CLOEXEC));
    return static_cast<bool>(control);
  });
  if (!opened) return guest_os_error(errno, "cannot open {}", kControl);
  const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
  if (number < 0) return guest_os_error(errno, "{} has no free disk", kControl);

  const std::string path = fmt::format("/dev/loop{}", number);
  const auto disk = std::make_shared<Fd>();
  wait_until(kDeviceLimit, [&] {
    disk->reset(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    return static_cast<bool>(*disk);
  });
  if (!*disk) return guest_os_error(errno, "cannot open {}", path);
  loop_config config{};
  config.fd = static_cast<std::uint32_t>(file.get());
  if (::ioctl(disk->get(), LOOP_CONFIGURE, &config) != 0)
    return guest_os_error(errno, "cannot attach a file to {}", path);
  workload.cleanup([disk, path] {
    EXPECT_EQ(::ioctl(disk->get(), LOOP_CLR_FD, 0), 0) << path << " cannot be detached";
  });
  return find_disk(workload.host(), path);
}

}  // namespace

Result<BlockDevice> loop_disk(Workload& workload, std::uint64_t mib) {
  return within("loop", attach(workload, mib));
}

}  // namespace bioscope::scenario

// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/filesystem.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include <fmt/ranges.h>

#include "guest/scenario/attribute.h"
#include "guest/scenario/wait.h"

namespace bioscope::scenario {

Status run_tool(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) return guest_os_error(errno, "cannot start {}", command.front());
  if (child == 0) {
    const int nowhere = ::open("/dev/null", O_RDWR);
    ::dup2(nowhere, STDIN_FILENO);
    ::dup2(nowhere, STDOUT_FILENO);
    ::setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
    ::execvp(arguments.front(), arguments.data());
    ::_exit(127);
  }
  int status = -1;
  if (::waitpid(child, &status, 0) != child)
    return guest_os_error(errno, "{} is lost", command.front());
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return guest_error("\"{}\" ended with status {:#x}", fmt::join(command, " "), status);
}

Result<std::string> mount_disk(Workload& workload, const BlockDevice& disk,
                               const std::string& type) {
  BSC_TRY(workload.host().load_module(type == "ext2" ? "ext4" : type));
  const std::string directory = "/bsc-" + disk.name;
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return guest_os_error(errno, "cannot make {}", directory);
  if (::mount(disk.path.c_str(), directory.c_str(), type.c_str(), MS_NOATIME, nullptr) != 0)
    return guest_os_error(errno, "cannot mount {} as {}", disk.path, type);
  workload.cleanup([directory] {
    EXPECT_TRUE(wait_until(kDeviceLimit, [&] { return ::umount(directory.c_str()) == 0; }))
        << directory << " cannot be unmounted: " << std::strerror(errno);
  });
  return directory;
}

Status sync_file_system(const std::string& directory) {
  const Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::syncfs(fd.get()) != 0) return guest_os_error(errno, "cannot sync {}", directory);
  return {};
}

Result<Extent> extent_of(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return guest_os_error(errno, "cannot open {}", path);
  alignas(fiemap) std::array<std::byte, sizeof(fiemap) + sizeof(fiemap_extent)> memory{};
  auto* map = reinterpret_cast<fiemap*>(memory.data());
  map->fm_length = FIEMAP_MAX_OFFSET;
  map->fm_flags = FIEMAP_FLAG_SYNC;
  map->fm_extent_count = 1;
  if (::ioctl(fd.get(), FS_IOC_FIEMAP, map) != 0)
    return guest_os_error(errno, "cannot ask where {} is", path);
  if (map->fm_mapped_extents != 1) return guest_error("{} is nowhere on its disk", path);
  return Extent{map->fm_extents[0].fe_physical / kSectorBytes,
                map->fm_extents[0].fe_length / kSectorBytes};
}

}  // namespace bioscope::scenario

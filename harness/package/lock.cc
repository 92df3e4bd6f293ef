// SPDX-License-Identifier: GPL-2.0-only
#include "harness/package/lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include "harness/base/file.h"

namespace bioscope::package {

Result<Lock> Lock::take(const std::filesystem::path& path) {
  BSC_TRY(make_directories(path.parent_path()));
  BSC_TRY_ASSIGN(Fd fd, open_file(path, O_RDWR | O_CREAT));
  while (::flock(fd.get(), LOCK_EX) != 0)
    if (errno != EINTR) return os_error(errno, "cannot lock {}", path.string());
  return Lock(std::move(fd));
}

Result<std::optional<Lock>> Lock::try_take(const std::filesystem::path& path) {
  BSC_TRY(make_directories(path.parent_path()));
  BSC_TRY_ASSIGN(Fd fd, open_file(path, O_RDWR | O_CREAT));
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::nullopt;
    if (errno != EINTR) return os_error(errno, "cannot lock {}", path.string());
  }
  return Lock(std::move(fd));
}

}  // namespace bioscope::package

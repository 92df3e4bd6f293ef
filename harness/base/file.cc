// SPDX-License-Identifier: GPL-2.0-only
#include "harness/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <system_error>

namespace bioscope {
namespace {

std::filesystem::path aside_name(const std::filesystem::path& path) {
  static std::atomic<unsigned> counter{0};
  return path.parent_path() /
         fmt::format(".{}.{}.{}", path.filename().string(), ::getpid(), counter++);
}

}  // namespace

Result<Fd> open_file(const std::filesystem::path& path, int flags, int mode) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return os_error(errno, "cannot open {}", path.string());
  return Fd(fd);
}

Result<std::string> read_file(const std::filesystem::path& path) {
  BSC_TRY_ASSIGN(const Fd fd, open_file(path, O_RDONLY));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return os_error(errno, "cannot stat {}", path.string());
  if (S_ISDIR(status.st_mode)) return os_error(EISDIR, "cannot read {}", path.string());
  std::string content;
  content.reserve(status.st_size > 0 ? static_cast<std::size_t>(status.st_size) + 1 : 4096);
  for (;;) {
    const std::size_t have = content.size();
    const std::size_t chunk = content.capacity() > have ? content.capacity() - have : 65536;
    content.resize(have + chunk);
    const ssize_t got = ::read(fd.get(), content.data() + have, chunk);
    content.resize(have + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got == 0) return content;
    if (got < 0 && errno != EINTR) return os_error(errno, "cannot read {}", path.string());
  }
}

Status write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t put = ::write(fd, content.data(), content.size());
    if (put < 0) {
      if (errno == EINTR) continue;
      return os_error(errno, "cannot write");
    }
    content.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Status write_file(const std::filesystem::path& path, std::string_view content, bool durable) {
  const auto aside = aside_name(path);
  auto written = [&]() -> Status {
    BSC_TRY_ASSIGN(const Fd fd, open_file(aside, O_WRONLY | O_CREAT | O_TRUNC));
    BSC_TRY(within(aside.string(), write_all(fd.get(), content)));
    if (durable && ::fsync(fd.get()) != 0) return os_error(errno, "cannot sync {}", aside.string());
    if (::rename(aside.c_str(), path.c_str()) != 0)
      return os_error(errno, "cannot write {}", path.string());
    return {};
  }();
  if (!written) ::unlink(aside.c_str());
  return written;
}

Status make_directories(const std::filesystem::path& path) {
  std::error_code code;
  std::filesystem::create_directories(path, code);
  if (code) return os_error(code.value(), "cannot create directory {}", path.string());
  return {};
}

}  // namespace bioscope

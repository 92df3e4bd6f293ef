// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/root.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <atomic>
#include <cstdlib>
#include <system_error>

#include "harness/base/file.h"
#include "harness/machine/directory.h"
#include "harness/machine/proc.h"

namespace bioscope::machine {
namespace {

namespace fs = std::filesystem;

constexpr int kEndMilliseconds = 2000;  // for a process to go after SIGKILL

// QEMU runs as whoever runs us and leaves the owners of files alone: no privilege is changed, so
// none of the protections that presuppose such a change is wanted. "cpu-unavailable-features" is
// held back because with it libvirt asks QEMU for every CPU property in a message of its own,
// some 380 of them and more than half of a warm start; without it, it asks for all at once.
constexpr char kConfiguration[] = R"(user = "+{}"
group = "+{}"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
capability_filters = [ "cpu-unavailable-features" ]
)";

fs::path capabilities_below(const fs::path& base) { return base / "cache/qemu/capabilities"; }

Status make_private_directory(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return os_error(errno, "cannot create directory {}", path.string());
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return os_error(errno, "cannot stat {}", path.string());
  if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 022) != 0)
    return host_error("{} is no directory of ours alone; remove it, or make it so", path.string());
  return {};
}

// Copies each capability file of `from` that `to` has not, or has otherwise.
Status update_files(const fs::path& from, const fs::path& to) {
  for (const auto& source : entries_of(from)) {
    if (source.extension() != ".xml") continue;
    BSC_TRY_ASSIGN(const auto content, read_file(source));
    const auto target = to / source.filename();
    if (const auto present = read_file(target); present && *present == content) continue;
    BSC_TRY(make_directories(to));
    BSC_TRY(write_file(target, content));
  }
  return {};
}

}  // namespace

Result<fs::path> roots_directory() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  struct stat status{};
  const bool ours = runtime != nullptr && runtime[0] == '/' && ::stat(runtime, &status) == 0 &&
                    S_ISDIR(status.st_mode) && status.st_uid == ::geteuid();
  auto path = ours ? fs::path(runtime) / "bioscope"
                   : fs::path(fmt::format("/tmp/bioscope-{}", ::geteuid()));
  BSC_TRY(make_private_directory(path));
  return path;
}

Result<Root> Root::make() {
  BSC_TRY_ASSIGN(const auto parent, roots_directory());
  return make(parent);
}

Result<Root> Root::make(const fs::path& parent) {
  static constexpr int kTries = 100;
  static std::atomic<unsigned> counter{0};
  for (int i = 0; i < kTries; ++i) {
    const auto path = parent / fmt::format("{}-{}", ::getpid(), counter++);
    // The lock comes first: a root without one would look like a leftover to a sweeper.
    BSC_TRY_ASSIGN(Fd lock, try_lock(lock_of(path)));
    if (!lock) continue;
    if (::mkdir(path.c_str(), 0700) == 0) return Root(path, std::move(lock));
    if (errno != EEXIST) {
      const int code = errno;
      ::unlink(lock_of(path).c_str());
      return os_error(code, "cannot create directory {}", path.string());
    }
  }
  return host_error("no free name for a machine's directory in {}; remove what is in it",
                    parent.string());
}

Root::~Root() {
  if (!lock_) return;
  end_processes(path_);
  remove_root(path_);
}

fs::path lock_of(const fs::path& root) { return root.native() + ".lock"; }

Result<Fd> try_lock(const fs::path& lock) {
  BSC_TRY_ASSIGN(Fd fd, open_file(lock, O_RDWR | O_CREAT, 0600));
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return Fd();
    if (errno != EINTR) return os_error(errno, "cannot lock {}", lock.string());
  }
  // Its holder may have removed it between our open and our lock.
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0 || status.st_nlink == 0) return Fd();
  return fd;
}

std::vector<int> end_processes(const fs::path& root) {
  // Every QEMU that libvirt starts has its files there; nobody looks at a log there by accident.
  const auto mark = root.native() + "/lib/qemu/";
  std::vector<int> ended;
  for (const auto& process : find_processes([&](const Process& candidate) {
         return command_line(candidate.pid).find(mark) != std::string::npos;
       })) {
    const Fd held = hold(process);
    if (!held || !send_signal(held, SIGKILL)) continue;
    ends_within(held, kEndMilliseconds);
    ended.push_back(process.pid);
  }
  return ended;
}

void remove_root(const fs::path& root) {
  std::error_code ignored;
  fs::remove_all(root, ignored);
  fs::remove(lock_of(root), ignored);
}

Status check_socket_paths(const fs::path& root, std::string_view name) {
  // The longest that libvirt makes; it cuts the name there.
  const auto longest = root / fmt::format("lib/qemu/domain-1-{:.20}/monitor.sock", name);
  if (longest.native().size() < sizeof(sockaddr_un::sun_path)) return {};
  return usage_error(
      "{} is too long for a machine's directory; give one of at most {} letters", root.string(),
      sizeof(sockaddr_un::sun_path) - 1 - (longest.native().size() - root.native().size()));
}

Status furnish(const fs::path& root, const fs::path& cache) {
  BSC_TRY(make_directories(root / "etc"));
  BSC_TRY(
      write_file(root / "etc/qemu.conf", fmt::format(kConfiguration, ::geteuid(), ::getegid())));
  if (cache.empty()) return {};
  return update_files(cache, capabilities_below(root));
}

Status keep_capabilities(const fs::path& root, const fs::path& cache) {
  if (cache.empty()) return {};
  return update_files(capabilities_below(root), cache);
}

fs::path emulator_log(const fs::path& root, std::string_view name) {
  return root / fmt::format("log/qemu/{}.log", name);
}

}  // namespace bioscope::machine

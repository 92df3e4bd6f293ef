// SPDX-License-Identifier: GPL-2.0-only
#include "harness/process/launch.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/process/v2/default_launcher.hpp>
#include <boost/process/v2/process.hpp>

#include "harness/base/check.h"
#include "harness/process/process.h"

namespace bioscope::process {
namespace {

namespace v2 = boost::process::v2;

// What Boost's launcher calls before the fork, in the child and after a failure. Its hooks for
// errors are looked for with one argument more than they are called with, hence the packs.
class Setup {
 public:
  Setup(const Launch& what, std::vector<const char*> environment)
      : what_(what), environment_(std::move(environment)), parent_(::getpid()) {}

  v2::error_code on_setup(v2::posix::default_launcher& launcher, const v2::filesystem::path&,
                          const char* const*) {
    launcher.env = environment_.data();
    for (const int fd : what_.inherit) launcher.fd_whitelist.push_back(fd);
    return {};
  }

  // In the child: system calls only, for other threads may have held any lock at the fork.
  v2::error_code on_exec_setup(v2::posix::default_launcher&, const v2::filesystem::path&,
                               const char* const*) {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return last_error();
    if (::getppid() != parent_) ::_exit(127);  // it died before the line above
    if (::setpgid(0, 0) != 0) return last_error();
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    for (int target = 0; target < 3; ++target) {
      const int source = what_.streams[target];
      if (source == target ? ::fcntl(source, F_SETFD, 0) < 0 && errno != EBADF
                           : ::dup2(source, target) < 0)
        return last_error();
    }
    if (!what_.directory.empty() && ::chdir(what_.directory.c_str()) != 0) return last_error();
    // Boost closes only what lies above the highest descriptor that is to stay.
    if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) return last_error();
    for (const int fd : what_.inherit)
      if (::fcntl(fd, F_SETFD, 0) != 0) return last_error();
    return {};
  }

  template <class... A>
  void on_exec_error(A&&...) {
    ::_exit(127);  // Boost would run our exit handlers in the child
  }

  template <class... A>
  void on_error(v2::posix::default_launcher& launcher, A&&...) {
    if (launcher.pid > 0) ::waitpid(launcher.pid, nullptr, 0);
  }

 private:
  static v2::error_code last_error() { return {errno, v2::system_category()}; }

  const Launch& what_;
  std::vector<const char*> environment_;
  pid_t parent_;
};

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& changes) {
  std::vector<std::string> result;
  for (char** entry = ::environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (!changes.contains(std::string(text.substr(0, text.find('='))))) result.emplace_back(text);
  }
  for (const auto& [key, value] : changes)
    if (!value.empty()) result.push_back(fmt::format("{}={}", key, value));
  return result;
}

Result<std::filesystem::path> locate(const std::string& program) {
  if (program.find('/') != std::string::npos) return program;
  if (auto path = find_program(program)) return *path;
  return host_error("cannot start {}: it is not in PATH; install the package that holds it",
                    program);
}

}  // namespace

Result<Launched> launch(const Launch& what) {
  BSC_CHECK(!what.argv.empty());
  BSC_TRY_ASSIGN(const auto program, locate(what.argv[0]));
  const auto entries = merged_environment(what.environment);
  std::vector<const char*> environment;
  for (const auto& entry : entries) environment.push_back(entry.c_str());
  environment.push_back(nullptr);
  const std::vector<std::string> arguments(what.argv.begin() + 1, what.argv.end());

  v2::posix::default_launcher launcher;
  try {
    boost::asio::io_context context;
    v2::error_code code;
    auto process = launcher(context.get_executor(), code, v2::filesystem::path(program.string()),
                            arguments, Setup(what, std::move(environment)));
    process.detach();  // its destructor would kill whoever has the pid by then
    if (code) {
      if (code.value() == ENOENT && !what.directory.empty() &&
          !std::filesystem::is_directory(what.directory))
        return os_error(ENOENT, "cannot start {} in {}", what.argv[0], what.directory.string());
      return os_error(code.value(), "cannot start {}", what.argv[0]);
    }
  } catch (const std::exception& thrown) {
    if (launcher.pid > 0) {
      ::kill(launcher.pid, SIGKILL);
      ::waitpid(launcher.pid, nullptr, 0);
    }
    return host_error("cannot start {}: {}", what.argv[0], thrown.what());
  }

  Launched launched{.pid = launcher.pid,
                    .pidfd = Fd(static_cast<int>(::syscall(SYS_pidfd_open, launcher.pid, 0)))};
  if (!launched.pidfd) {
    const int code = errno;
    ::kill(launched.pid, SIGKILL);
    ::waitpid(launched.pid, nullptr, 0);
    return os_error(code, "cannot watch {}", what.argv[0]);
  }
  return launched;
}

Ended wait_ended(const Launched& launched) {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(launched.pid), &info, WEXITED | WNOWAIT) != 0)
    BSC_CHECK(errno == EINTR);
  // Before the reaping the group's number cannot belong to anybody else.
  ::kill(-launched.pid, SIGKILL);
  int status = 0;
  while (::waitpid(launched.pid, &status, 0) < 0) BSC_CHECK(errno == EINTR);
  if (WIFSIGNALED(status)) return {.code = 128 + WTERMSIG(status), .signal = WTERMSIG(status)};
  return {.code = WEXITSTATUS(status), .signal = 0};
}

bool ends_within(const Launched& launched, int milliseconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd entry{.fd = launched.pidfd.get(), .events = POLLIN, .revents = 0};
    const int ready = ::poll(&entry, 1, std::max<int>(0, static_cast<int>(left.count())));
    if (ready > 0) return true;
    if (ready == 0) return false;
    BSC_CHECK(errno == EINTR);
  }
}

}  // namespace bioscope::process

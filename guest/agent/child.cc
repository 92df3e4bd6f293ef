// SPDX-License-Identifier: GPL-2.0-only
#include "guest/agent/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "harness/base/file.h"

namespace bioscope::agent {
namespace {

// The child goes first when memory runs out; pid 1 cannot be killed anyway.
void offer_to_oom_killer() {
  const Fd fd(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (fd) static_cast<void>(write_all(fd.get(), "1000"));
}

}  // namespace

std::string Ending::text() const {
  if (signal != 0) return fmt::format("was killed by signal {} ({})", signal, ::strsignal(signal));
  return fmt::format("exited with status {}", status);
}

Result<Child> Child::start(const std::function<int()>& body) {
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) return guest_error("cannot start a process: {}", std::strerror(errno));
  if (pid == 0) {
    offer_to_oom_killer();
    ::_exit(body());
  }
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) return guest_error("cannot watch a process: {}", std::strerror(errno));
  return Child(pid, std::move(pidfd));
}

std::optional<Ending> Child::reap() {
  std::optional<Ending> ending;
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    if (pid != pid_) continue;
    ending = WIFSIGNALED(status) ? Ending{0, WTERMSIG(status)} : Ending{WEXITSTATUS(status), 0};
  }
  return ending;
}

void kill_strays() { ::kill(-1, SIGKILL); }

}  // namespace bioscope::agent

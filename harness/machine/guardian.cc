// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/guardian.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <string_view>

#include "harness/base/file.h"
#include "harness/machine/proc.h"

namespace bioscope::machine {
namespace {

constexpr char kSubreaperOption[] = "--subreaper";

int exit_code(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

[[noreturn]] void fail(const char* what) {
  static_cast<void>(
      std::fprintf(stderr, "bioscope: guard: cannot %s: %s\n", what, std::strerror(errno)));
  ::_exit(127);
}

// Flags of clone(2), by which an init sets itself apart from the rest of the machine. The user
// namespace is for users who may not make a pid namespace otherwise.
constexpr int kNamespace = CLONE_NEWPID | CLONE_NEWNS;
constexpr int kUserNamespace = CLONE_NEWUSER | kNamespace;
constexpr int kSubreaper = 0;

// Maps the user to itself, so that libvirt still sees an ordinary one.
bool map_user(uid_t uid, gid_t gid) {
  const auto put = [](const char* path, const std::string& line) {
    const auto fd = open_file(path, O_WRONLY);
    return fd && write_all(fd->get(), line);
  };
  return put("/proc/self/setgroups", "deny") &&
         put("/proc/self/uid_map", fmt::format("{} {} 1", uid, uid)) &&
         put("/proc/self/gid_map", fmt::format("{} {} 1", gid, gid));
}

bool mount_proc() {
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0;
}

bool set_apart(int how, uid_t uid, gid_t gid) {
  if (how == kSubreaper) return ::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
  if ((how & CLONE_NEWUSER) != 0 && !map_user(uid, gid)) return false;
  // With the init of a pid namespace the kernel takes away all that is in it.
  return mount_proc() && ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
}

// Descriptors meant for the worker must not stay open in those who watch it.
void close_all_but(std::initializer_list<int> ascending) {
  unsigned next = 3;
  for (const int fd : ascending) {
    const auto kept = static_cast<unsigned>(fd);
    if (kept > next) ::close_range(next, kept - 1, 0);
    next = kept + 1;
  }
  ::close_range(next, ~0U, 0);
}

// Kills children until none is left; those of a killed child become ours, for we are their
// subreaper. Returns the status of `first` if it was among them.
std::optional<int> kill_descendants(pid_t first) {
  std::optional<int> result;
  for (;;) {
    const auto self = ::getpid();
    for (const auto& child : find_processes([&](const Process& p) { return p.parent == self; }))
      ::kill(child.pid, SIGKILL);
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, 0);
    if (ended == first) result = exit_code(status);
    if (ended < 0 && errno == ECHILD) return result;
  }
}

// SIGCHLD, and the signals that ask for an end, come through a descriptor.
Fd open_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set, number);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) fail("block signals");
  Fd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) fail("open a signalfd");
  return fd;
}

void restore_signals() {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

enum class Event { kChild, kAsked };

// Waits until a child ends, a signal asks for the end, or the process that holds the other side
// of `lifeline` has died.
Event wait_event(const Fd& signals, const Fd& lifeline) {
  for (;;) {
    pollfd entries[] = {{.fd = signals.get(), .events = POLLIN, .revents = 0},
                        {.fd = lifeline.get(), .events = POLLIN, .revents = 0}};
    if (::poll(entries, lifeline ? 2 : 1, -1) < 0) {
      if (errno == EINTR) continue;
      fail("wait");
    }
    if (lifeline && entries[1].revents != 0) return Event::kAsked;
    signalfd_siginfo info{};
    if (::read(signals.get(), &info, sizeof info) != sizeof info) continue;
    return info.ssi_signo == SIGCHLD ? Event::kChild : Event::kAsked;
  }
}

// Reaps whatever has ended; the exit code of `child` if that has.
std::optional<int> reap(pid_t child) {
  std::optional<int> result;
  int status = 0;
  pid_t ended = 0;
  while ((ended = ::waitpid(-1, &status, WNOHANG)) > 0)
    if (ended == child) result = exit_code(status);
  return result;
}

// Watches over `child`. What is left when that ends, or when we are asked to, is killed.
int stand_guard(pid_t child, const Fd& signals, const Fd& lifeline) {
  for (;;) {
    if (wait_event(signals, lifeline) == Event::kAsked)
      return kill_descendants(child).value_or(128 + SIGKILL);
    if (const auto code = reap(child)) {
      kill_descendants(child);
      return *code;
    }
  }
}

[[noreturn]] void be_worker(char** argv) {
  restore_signals();
  // The init has one thread only, so this cannot strike before the init's own end.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail("bind the worker to its init");
  ::execv(argv[0], argv);
  fail(argv[0]);
}

// Tells `ready` once it stands apart; nothing has been started if it never does.
[[noreturn]] void be_init(int how, uid_t uid, gid_t gid, const Fd& signals, Fd lifeline, Fd ready,
                          char** argv) {
  // Whoever reaps a killed guard kills its process group, and must leave us to do our work.
  if (::setpgid(0, 0) != 0 || !set_apart(how, uid, gid)) ::_exit(127);
  if (::write(ready.get(), "1", 1) != 1) ::_exit(127);
  ready.reset();
  const pid_t worker = ::fork();
  if (worker < 0) fail("fork");
  if (worker == 0) be_worker(argv);
  close_all_but({std::min(signals.get(), lifeline.get()), std::max(signals.get(), lifeline.get())});
  ::_exit(stand_guard(worker, signals, lifeline));
}

struct Init {
  pid_t pid = -1;
  Fd lifeline{};  // closed with the guard, by which the init knows of its end
};

struct Pipe {
  Fd read;
  Fd write;
};

Pipe open_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("open a pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

std::optional<Init> start_init(int how, const Fd& signals, char** worker) {
  auto lifeline = open_pipe();
  auto ready = open_pipe();
  const auto uid = ::geteuid();
  const auto gid = ::getegid();
  const auto pid =
      static_cast<pid_t>(::syscall(SYS_clone, how | SIGCHLD, nullptr, nullptr, nullptr, 0UL));
  if (pid < 0) return std::nullopt;
  if (pid == 0) {
    lifeline.write.reset();
    ready.read.reset();
    be_init(how, uid, gid, signals, std::move(lifeline.read), std::move(ready.write), worker);
  }
  ready.write.reset();
  char byte = 0;
  ssize_t got = 0;
  do {
    got = ::read(ready.read.get(), &byte, 1);
  } while (got < 0 && errno == EINTR);
  if (got == 1) return Init{pid, std::move(lifeline.write)};
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {}
  return std::nullopt;
}

}  // namespace

void Guarded::kill() {
  // The guard kills what is below, reaps it, and ends.
  guard_.signal(SIGTERM);
  guard_.wait();
}

Result<Guarded> spawn(const GuardSpec& spec) {
  std::vector<std::string> argv{"/proc/self/exe", kGuardVerb};
  if (spec.isolation == Isolation::kSubreaper) argv.emplace_back(kSubreaperOption);
  argv.insert(argv.end(), spec.argv.begin(), spec.argv.end());
  BSC_TRY_ASSIGN(auto guard,
                 within("start worker", process::Child::start({.argv = std::move(argv),
                                                               .environment = spec.environment,
                                                               .inherit = spec.inherit,
                                                               .output = spec.output})));
  return Guarded(std::move(guard));
}

int guard_main(int argc, char** argv) {
  const bool plain = argc > 1 && argv[1] == std::string_view(kSubreaperOption);
  char** const worker = argv + (plain ? 2 : 1);
  if (worker[0] == nullptr) {
    static_cast<void>(std::fprintf(stderr, "bioscope: guard: no worker to start\n"));
    return 127;
  }
  // Takes over what an init leaves when it is killed.
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) fail("become a subreaper");
  const Fd signals = open_signals();
  for (const int how : {kNamespace, kUserNamespace, kSubreaper}) {
    if (plain && how != kSubreaper) continue;
    const auto init = start_init(how, signals, worker);
    if (!init) continue;
    close_all_but({std::min(signals.get(), init->lifeline.get()),
                   std::max(signals.get(), init->lifeline.get())});
    return stand_guard(init->pid, signals, Fd());
  }
  fail("start an init");
}

}  // namespace bioscope::machine

// SPDX-License-Identifier: GPL-2.0-only
#include "guest/agent/command.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <vector>

#include "guest/agent/child.h"
#include "guest/agent/system.h"
#include "harness/base/file.h"

namespace bioscope::agent {
namespace {

constexpr int kCannotRun = 127;  // as shells have it
constexpr std::size_t kPiece = 16 << 10;

struct Pipe {
  Fd reader;
  Fd writer;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return guest_error("cannot make a pipe: {}", std::strerror(errno));
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

// /dev/console cannot control a session; the terminal behind it can.
std::string console_terminal() {
  std::string active = read_file("/sys/class/tty/console/active").value_or("");
  while (!active.empty() && active.back() == '\n') active.pop_back();
  return "/dev/" + active.substr(active.rfind(' ') + 1);
}

// The shell's last words are in the line's buffer, which the end of the machine does not wait for.
void drain_console() {
  const Fd terminal(::open(console_terminal().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (terminal) ::tcdrain(terminal.get());
}

// Says over `failed` why it could not become the command.
int become(const std::vector<std::string>& command, bool shell, int out, int err, int failed) {
  ::setsid();
  if (shell) {
    const int terminal = ::open(console_terminal().c_str(), O_RDWR);
    if (terminal >= 0) {
      ::ioctl(terminal, TIOCSCTTY, 1);
      for (int fd = 0; fd <= 2; ++fd) ::dup2(terminal, fd);
    }
  } else {
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
  }
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  for (const auto& [name, value] :
       {std::pair{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
        std::pair{"HOME", "/"}, std::pair{"TERM", "vt220"}})
    ::setenv(name, value, 1);
  ::execvp(arguments.front(), arguments.data());
  const std::string why = std::strerror(errno);
  static_cast<void>(write_all(failed, why));
  return kCannotRun;
}

// What is in a pipe now.
std::string read_piece(int fd) {
  std::string bytes(kPiece, '\0');
  const ssize_t got = ::read(fd, bytes.data(), bytes.size());
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

Result<wire::ScenarioEnd> run(const wire::Start& start, Control& control,
                              std::atomic<std::uint64_t>& progress) {
  auto command = start.command;
  if (command.empty() && start.shell) command = {"/bin/sh"};
  if (command.empty()) return guest_error("there is no command to run");
  BSC_TRY_ASSIGN(Pipe out, make_pipe());
  BSC_TRY_ASSIGN(Pipe err, make_pipe());
  BSC_TRY_ASSIGN(Pipe failed, make_pipe());
  for (const int fd : {out.reader.get(), err.reader.get()}) ::fcntl(fd, F_SETFL, O_NONBLOCK);

  BSC_TRY_ASSIGN(Child child, Child::start([&] {
                   return become(command, start.shell, out.writer.get(), err.writer.get(),
                                 failed.writer.get());
                 }));
  out.writer.reset();
  err.writer.reset();
  failed.writer.reset();
  if (const auto why = read_piece(failed.reader.get()); !why.empty())
    return guest_error("cannot run {}: {}", command.front(), why);

  const auto pass_on = [&](Fd& pipe, std::uint32_t stream) {
    const auto bytes = read_piece(pipe.get());
    if (bytes.empty()) return false;
    control.send(wire::Output{.stream = stream, .bytes = bytes});
    progress.fetch_add(1, std::memory_order_relaxed);
    return true;
  };
  std::optional<Ending> ending;
  while (!ending) {
    std::array<pollfd, 3> wait{{{out.reader.get(), POLLIN, 0},
                                {err.reader.get(), POLLIN, 0},
                                {child.descriptor(), POLLIN, 0}}};
    ::poll(wait.data(), wait.size(), -1);
    // A stream that is closed would wake poll for ever.
    if (wait[0].revents != 0 && !pass_on(out.reader, 1)) out.reader.reset();
    if (wait[1].revents != 0 && !pass_on(err.reader, 2)) err.reader.reset();
    ending = child.reap();
  }
  // A grandchild may hold the pipes for ever: what is there now is what there is.
  while (pass_on(out.reader, 1)) continue;
  while (pass_on(err.reader, 2)) continue;
  if (start.shell) drain_console();
  if (ending->signal != 0)
    return wire::ScenarioEnd{.outcome = "died",
                             .status = ending->signal,
                             .what = fmt::format("the command {}", ending->text())};
  return wire::ScenarioEnd{.outcome = "exited", .status = ending->status, .what = {}};
}

}  // namespace

wire::ScenarioEnd run_command(const wire::Start& start, Control& control,
                              std::atomic<std::uint64_t>& progress) {
  const auto begun = uptime_ns();
  auto end = run(start, control, progress);
  if (!end) end = wire::ScenarioEnd{.outcome = "setup_failed", .what = end.error().what};
  end->run_ns = uptime_ns() - begun;
  return *end;
}

}  // namespace bioscope::agent

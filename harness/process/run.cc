// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>

#include "harness/base/file.h"
#include "harness/process/launch.h"
#include "harness/process/process.h"

namespace bioscope::process {
namespace {

namespace asio = boost::asio;
using Code = boost::system::error_code;
using namespace std::chrono_literals;

constexpr auto kPatience = 2s;  // between SIGTERM and SIGKILL

// A file in memory instead of a pipe: nobody has to feed it, and no reader's death is a SIGPIPE.
Result<Fd> open_input(const std::string& input) {
  if (input.empty()) return open_file("/dev/null", O_RDONLY);
  Fd fd(::memfd_create("input", MFD_CLOEXEC));
  if (!fd) return os_error(errno, "cannot hold a program's input in memory");
  BSC_TRY(within("a program's input", write_all(fd.get(), input)));
  if (::lseek(fd.get(), 0, SEEK_SET) != 0) return os_error(errno, "cannot rewind the input");
  return fd;
}

struct Pipe {
  Fd reader;
  Fd writer;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return os_error(errno, "cannot make a pipe");
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

// Follows one program to its end on a loop of its own.
class Watch {
 public:
  Watch(const Launched& launched, Fd out, Fd err)
      : launched_(launched), ended_(loop_, ::fcntl(launched.pidfd.get(), F_DUPFD_CLOEXEC, 3)) {
    read(out_, std::move(out), result_.out);
    read(err_, std::move(err), result_.err);
  }

  Exit follow(std::optional<std::chrono::milliseconds> deadline) {
    ended_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const Code& code) {
      if (!code) on_end();
    });
    if (deadline) after(*deadline, [this] { end_late(); });
    loop_.run();
    return std::move(result_);
  }

 private:
  void read(asio::posix::stream_descriptor& stream, Fd pipe, std::string& into) {
    if (!pipe) return;
    stream.assign(pipe.get());
    static_cast<void>(pipe.release());
    ++open_;
    asio::async_read(stream, asio::dynamic_buffer(into), [this](const Code&, std::size_t) {
      --open_;
      if (has_ended_ && open_ == 0) timer_.cancel();
    });
  }

  // Expired timers run even if the end was seen in the same turn, and the pid is nobody's then.
  void end_late() {
    if (has_ended_) return;
    result_.timed_out = true;
    ::kill(-launched_.pid, SIGTERM);
    after(kPatience, [this] {
      if (!has_ended_) ::kill(-launched_.pid, SIGKILL);
    });
  }

  void on_end() {
    const Ended ended = wait_ended(launched_);
    result_.code = ended.code;
    result_.signal = ended.signal;
    has_ended_ = true;
    timer_.cancel();
    if (open_ == 0) return;
    // Whoever left the process group may hold the pipes for ever.
    after(500ms, [this] {
      out_.cancel();
      err_.cancel();
    });
  }

  template <class F>
  void after(std::chrono::milliseconds delay, F action) {
    timer_.expires_after(delay);
    timer_.async_wait([action](const Code& code) {
      if (!code) action();
    });
  }

  const Launched& launched_;
  asio::io_context loop_;
  asio::posix::stream_descriptor ended_;
  asio::posix::stream_descriptor out_{loop_};
  asio::posix::stream_descriptor err_{loop_};
  asio::steady_timer timer_{loop_};
  int open_ = 0;  // streams still being read
  bool has_ended_ = false;
  Exit result_;
};

std::string quoted(const std::vector<std::string>& argv) {
  std::string line;
  for (const auto& word : argv) line += (line.empty() ? "" : " ") + word;
  return line;
}

std::string_view last_line(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  const auto start = text.rfind('\n');
  return start == std::string_view::npos ? text : text.substr(start + 1);
}

}  // namespace

Result<Exit> run(const Command& command) {
  BSC_TRY_ASSIGN(const Fd input, open_input(command.input));
  Pipe out;
  Pipe err;
  if (command.output.empty()) {
    BSC_TRY_ASSIGN(out, make_pipe());
    BSC_TRY_ASSIGN(err, make_pipe());
  } else {
    BSC_TRY_ASSIGN(out.writer, open_file(command.output, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND));
  }
  const int error_stream = err.writer ? err.writer.get() : out.writer.get();
  BSC_TRY_ASSIGN(const Launched launched,
                 launch({.argv = command.argv,
                         .environment = command.environment,
                         .directory = command.directory,
                         .streams = {input.get(), out.writer.get(), error_stream}}));
  out.writer.reset();
  err.writer.reset();
  try {
    return Watch(launched, std::move(out.reader), std::move(err.reader)).follow(command.deadline);
  } catch (const std::exception& thrown) {
    ::kill(-launched.pid, SIGKILL);
    wait_ended(launched);
    return host_error("cannot follow {}: {}", command.argv[0], thrown.what());
  }
}

Result<std::string> run_checked(const Command& command) {
  BSC_TRY_ASSIGN(Exit exit, run(command));
  if (exit.ok()) return std::move(exit.out);
  const auto line = quoted(command.argv);
  if (exit.timed_out)
    return host_error("{} did not end within {} ms", line, command.deadline->count());
  const auto end = exit.signal != 0 ? fmt::format("was killed by signal {}", exit.signal)
                                    : fmt::format("ended with status {}", exit.code);
  const auto reason = last_line(exit.err);
  if (reason.empty()) return host_error("{} {}", line, end);
  return host_error("{} {}: {}", line, end, reason);
}

}  // namespace bioscope::process

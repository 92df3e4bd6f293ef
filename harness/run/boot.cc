// SPDX-License-Identifier: GPL-2.0-only
#include "harness/run/boot.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "harness/base/file.h"
#include "harness/run/worker.h"

namespace bioscope::run {
namespace {

struct Pipe {
  Fd out{};  // to read from
  Fd in{};
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return os_error(errno, "cannot make a pipe");
  return Pipe{.out = Fd(ends[0]), .in = Fd(ends[1])};
}

// Of all trials of a boot, under each's own folder. What the worker writes it goes on to write.
constexpr const char* kCommon[] = {"console", "domain.xml", "kallsyms", "modules", "worker.log"};

Status link_common(const std::filesystem::path& from, const std::filesystem::path& to) {
  for (const char* name : kCommon) {
    std::error_code code;
    if (!std::filesystem::exists(from / name, code)) continue;
    std::filesystem::create_hard_link(from / name, to / name, code);
    if (code) return os_error(code.value(), "cannot link {}", (to / name).string());
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Boot>> Boot::start(machine::Root root, Job job,
                                          const std::filesystem::path& program,
                                          machine::Isolation isolation) {
  const auto file = root.path() / "job.json";
  BSC_TRY(write_file(file, to_json(job)));
  BSC_TRY_ASSIGN(auto words, make_pipe());
  BSC_TRY_ASSIGN(auto lifeline, make_pipe());
  BSC_TRY_ASSIGN(auto worker, machine::spawn({.argv = {program.string(), kWorkerVerb, file.string(),
                                                       std::to_string(words.in.get()),
                                                       std::to_string(lifeline.out.get())},
                                              .inherit = {words.in.get(), lifeline.out.get()},
                                              .output = job.guest / "worker.log",
                                              .isolation = isolation}));
  return std::unique_ptr<Boot>(new Boot(std::move(root), std::move(job), std::move(worker),
                                        std::move(words.out), std::move(lifeline.in)));
}

Boot::State Boot::listen(const std::stop_token& stop,
                         const std::function<void(const wire::ToHost&)>& heard) {
  state_ = State::kEnded;
  for (;;) {
    if (stop.stop_requested()) {
      worker_.kill();
      return state_;
    }
    pollfd poll{.fd = words_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&poll, 1, 50) <= 0) continue;
    char chunk[65536];
    const ssize_t got = ::read(words_.get(), chunk, sizeof(chunk));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return state_;
    heard_.append(chunk, static_cast<std::size_t>(got));
    for (std::size_t end; (end = heard_.find('\n')) != std::string::npos;) {
      const std::string line = heard_.substr(0, end);
      heard_.erase(0, end + 1);
      if (line == kKeptLine) return state_ = State::kKept;
      if (line == kRestsLine) return state_ = State::kRests;
      if (const auto message = wire::parse_to_host(line); message && heard) heard(*message);
    }
  }
}

Result<bool> Boot::next(const wire::Start& start, const std::filesystem::path& guest) {
  BSC_TRY(link_common(job_.guest, guest));
  Job job = job_;
  job.start = start;
  job.guest = guest;
  const auto file = root_.path() / "next.json";
  BSC_TRY(write_file(file, to_json(job)));
  if (write_all(lifeline_.get(), file.string() + "\n")) return true;
  for (const char* name : kCommon) std::filesystem::remove(guest / name);
  return false;
}

int Boot::end() {
  lifeline_.reset();
  return worker_.wait();
}

}  // namespace bioscope::run

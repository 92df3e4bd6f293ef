// SPDX-License-Identifier: GPL-2.0-only
#include "harness/run/worker.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>

#include "harness/base/file.h"
#include "harness/run/job.h"
#include "harness/run/watcher.h"

namespace bioscope::run {
namespace {

// A machine that is kept stands still until the runner closes its end.
void hold(int pipe, int lifeline) {
  static_cast<void>(write_all(pipe, std::string(kKeptLine) + "\n"));
  char nothing = 0;
  while (::read(lifeline, &nothing, 1) < 0 && errno == EINTR) {}
}

// The next trial in a guest that rests; none if the runner has had enough.
std::optional<Job> wait_for_next(int pipe, int lifeline) {
  if (!write_all(pipe, std::string(kRestsLine) + "\n")) return {};
  std::string path;
  for (char next = 0;;) {
    const ssize_t got = ::read(lifeline, &next, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return {};
    if (next == '\n') break;
    path += next;
  }
  const auto text = read_file(path);
  const auto job = text ? parse_job(*text) : std::unexpected(text.error());
  return job ? std::optional(*job) : std::nullopt;
}

Status work(const Job& job, int pipe, int lifeline) {
  SteadyClock clock;
  BSC_TRY_ASSIGN(Recorder recorder, Recorder::create(job.guest, job.start.scenario));
  Watch what{.start = job.start,
             .clocks = job.clocks,
             .scale = job.scale,
             .accelerator = job.machine.accelerator,
             .vcpus = job.machine.vcpus,
             .console = job.machine.console,
             .symbols = KernelSymbols(job.machine.cache),
             .keep = job.keep,
             .dump = job.dump ? job.guest / "memory.kdump" : std::filesystem::path()};
  what.heard = [pipe](const wire::ToHost& message) {
    // A runner that does not listen is no reason to stop recording.
    static_cast<void>(write_all(pipe, wire::to_json(message) + "\n"));
  };
  auto machine = machine::make_libvirt_machine(job.machine);
  if (!machine) {
    if (machine.error().blame == Blame::kUsage) return std::unexpected(machine.error());
    evidence::Session session;
    session.host_error = machine.error().text();
    return recorder.finish(session, false);
  }
  BSC_TRY(write_file(job.guest / "domain.xml", (*machine)->definition()));
  Watcher watcher(**machine, clock, what);
  watcher.boot(recorder);
  while (watcher.rests()) {
    const auto next = wait_for_next(pipe, lifeline);
    if (!next) break;
    BSC_TRY_ASSIGN(Recorder another, Recorder::create(next->guest, next->start.scenario));
    watcher.next(another, next->start);
  }
  if (job.keep) hold(pipe, lifeline);
  return {};
}

}  // namespace

int worker_main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  if (argc != 4) return 69;
  const int pipe = std::atoi(argv[2]);
  const int lifeline = std::atoi(argv[3]);
  const auto json = read_file(argv[1]);
  const auto job = json ? parse_job(*json) : std::unexpected(json.error());
  const auto done = job ? work(*job, pipe, lifeline) : std::unexpected(job.error());
  if (done) return 0;
  const bool usage = done.error().blame == Blame::kUsage;
  fmt::print(stderr, "{}\n", usage ? done.error().what : done.error().text());
  return usage ? kUsageCode : 69;
}

}  // namespace bioscope::run

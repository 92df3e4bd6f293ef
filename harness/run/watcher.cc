// SPDX-License-Identifier: GPL-2.0-only
#include "harness/run/watcher.h"

#include <algorithm>
#include <deque>

#include "guest/wire/frame.h"
#include "guest/wire/kallsyms.h"

namespace bioscope::run {
namespace {

using machine::Channel;
using machine::Lifecycle;
using std::chrono::duration;
using std::chrono::milliseconds;

constexpr unsigned kLooks = 64;  // at the registers of a guest whose clock ran out
constexpr unsigned kWholeLooks = 3;
constexpr milliseconds kSample{250};  // between looks at how the host treats the guest

}  // namespace

class Watcher::Watching {
 public:
  Watching(machine::Machine& machine, const Clock& clock, const Watch& watch)
      : machine_(machine), clock_(clock), watch_(watch) {}

  evidence::Session boot(Recorder& recorder) {
    begin(recorder, watch_.start);
    if (const auto booted = machine_.boot(); !booted) {
      session_.host_error = booted.error().text();
      return finish();
    }
    session_.running = seconds();
    return see();
  }

  evidence::Session next(Recorder& recorder, const wire::Start& start) {
    const auto nth = session_.nth + 1;
    const auto at = console_size();
    begin(recorder, start);
    session_.nth = nth;
    session_.console_begin = at;
    session_.running = session_.first_output = session_.hello = session_.armed = 0;
    auto told = repeat();
    if (told) told = send(start);
    if (!told) session_.host_error = told.error().text();
    return see();
  }

  bool rests() const { return rests_; }

  void end() {
    if (!std::exchange(rests_, false)) return;
    machine_.destroy();
  }

 private:
  void begin(Recorder& recorder, const wire::Start& start) {
    recorder_ = &recorder;
    begun_with_ = start;
    session_ = {};
    session_.accelerator = machine::name(watch_.accelerator);
    session_.scale = watch_.scale;
    session_.vcpus = watch_.vcpus;
    rests_ = running_ = false;
    samples_.clear();
    start_ = clock_.now();
  }

  evidence::Session see() {
    last_sign_ = last_console_ = last_progress_ = clock_.now();
    sample();
    if (session_.host_error.empty()) live();
    drain();
    if (rests_ && (!session_.end.empty() || !recorder_->has_all())) rests_ = false;
    if (!rests_) end_machine();
    return finish();
  }

  evidence::Session finish() {
    if (session_.ended < 0) session_.ended = seconds();
    session_.starvation = starvation();
    if (rests_) session_.console_end = console_size();
    if (session_.end.empty() && session_.running >= 0)
      session_.end = rests_ ? "rests" : "destroyed";
    const bool whole = session_.bye >= 0 && session_.trace_fault.empty();
    if (const auto finished = recorder_->finish(session_, whole); !finished) {
      session_.host_error = finished.error().text();
      end();
    }
    return session_;
  }

  // What the guest said of itself and of its probes counts for every trial in it.
  Status repeat() {
    wire::Hello hello = hello_;
    hello.uptime_ns +=
        static_cast<std::uint64_t>(std::chrono::nanoseconds(clock_.now() - hello_at_).count());
    BSC_TRY(recorder_->message(0, hello));
    return recorder_->message(0, armed_);
  }

  std::uint64_t console_size() const {
    std::error_code code;
    const auto size = std::filesystem::file_size(watch_.console, code);
    return code ? 0 : size;
  }

  struct Sample {
    Clock::time_point at{};
    machine::Vitals vitals{};
  };

  double seconds() const { return duration<double>(clock_.now() - start_).count(); }

  void end_machine() {
    const bool gone = !session_.end.empty() && session_.end != "panicked";
    const bool crashed = session_.end == "panicked" || !session_.expired.empty();
    // What cannot be dumped is told, and changes no verdict.
    if (!watch_.dump.empty() && crashed && !gone)
      if (const auto dumped = machine_.dump(watch_.dump); !dumped)
        session_.dump_error = dumped.error().text();
    if (watch_.keep && !gone && machine_.perform({.action = "stop", .argument = {}})) return;
    machine_.destroy();
  }

  // Until the guest is done, gone, or out of time.
  void live() {
    while (session_.end.empty() && session_.bye < 0) {
      if (watch_.stop.stop_requested()) {
        session_.interrupted = true;
        return;
      }
      if (expired()) return;
      const auto next = machine_.next(clock_.now() + kSample);
      if (!next) {
        session_.host_error = next.error().text();
        return;
      }
      if (*next) take(**next);
      if (!session_.host_error.empty() || !session_.control_fault.empty()) return;
      if (clock_.now() - samples_.back().at >= kSample) sample();
    }
  }

  // After the end: what is still on its way belongs to the record. The agent's last word comes on
  // one channel while its records may still be queued in the other, so it is patient there.
  void drain() {
    if (session_.interrupted) return;
    const auto grace = std::chrono::duration_cast<Clock::duration>(
        session_.bye >= 0 ? watch_.clocks.silent : watch_.clocks.grace);
    auto until = clock_.now() + grace;
    while (clock_.now() < until && !(session_.bye >= 0 && recorder_->has_all())) {
      const auto next = machine_.next(until);
      if (!next || !*next) return;
      take(**next);
      if (session_.bye >= 0) until = clock_.now() + grace;
    }
  }

  void take(const machine::Happening& happening) {
    std::visit([this](const auto& it) { on(it); }, happening);
  }

  void on(const machine::Bytes& bytes) {
    switch (bytes.channel) {
      case Channel::kConsole:
        last_console_ = clock_.now();
        if (session_.first_output < 0) session_.first_output = seconds();
        return;
      case Channel::kControl:
        if (session_.control_fault.empty())
          decode(control_, bytes.bytes, session_.control_fault,
                 [this](const wire::Frame& frame) { return control(frame); });
        return;
      case Channel::kTrace:
        if (session_.trace_fault.empty())
          decode(trace_, bytes.bytes, session_.trace_fault,
                 [this](const wire::Frame& frame) { return trace(frame); });
        return;
    }
  }

  void on(const machine::Closed& closed) {
    // Of a guest that dies the channels close first; its end is told right after.
    if (closed.channel == Channel::kControl && session_.bye < 0) control_closed_ = clock_.now();
  }

  void on(const Lifecycle& life) {
    switch (life.kind) {
      case Lifecycle::Kind::kPanicked: return ended("panicked");
      case Lifecycle::Kind::kPoweredOff: return ended("powered_off");
      case Lifecycle::Kind::kReset: return ended("reset");
      case Lifecycle::Kind::kWatchdog: return ended("watchdog");
      case Lifecycle::Kind::kGone: return ended("gone");
      case Lifecycle::Kind::kStarted:
      case Lifecycle::Kind::kPaused:
      case Lifecycle::Kind::kResumed: return;
    }
  }

  void ended(std::string_view how) {
    if (!session_.end.empty()) return;
    session_.end = how;
    session_.ended = seconds();
  }

  template <class Handle>
  void decode(wire::FrameDecoder& decoder, std::string_view bytes, std::string& fault,
              const Handle& handle) {
    decoder.feed(bytes);
    for (;;) {
      const auto frame = decoder.next();
      if (!frame) {
        fault = frame.error().what;
        return;
      }
      if (!*frame) return;
      if (const auto handled = handle(**frame); !handled) {
        (handled.error().blame == Blame::kGuest ? fault : session_.host_error) =
            handled.error().text();
        return;
      }
    }
  }

  Status trace(const wire::Frame& frame) {
    if (frame.kind != wire::FrameKind::kRecords)
      return guest_error("a frame of kind {} on the trace channel",
                         static_cast<unsigned>(frame.kind));
    return recorder_->records(frame.payload);
  }

  Status control(const wire::Frame& frame) {
    if (frame.kind == wire::FrameKind::kArtifact) {
      BSC_TRY_ASSIGN(auto artifact, wire::decode_artifact(frame.payload));
      if (artifact.name == "kallsyms") BSC_TRY(complete(artifact.content));
      return recorder_->artifact(artifact);
    }
    if (frame.kind != wire::FrameKind::kMessage)
      return guest_error("a frame of kind {} on the control channel",
                         static_cast<unsigned>(frame.kind));
    BSC_TRY_ASSIGN(const auto message, wire::parse_to_host(frame.payload));
    BSC_TRY(recorder_->message(seconds(), message));
    BSC_TRY(std::visit([this](const auto& said) { return heard(said); }, message));
    if (watch_.heard) watch_.heard(message);
    return {};
  }

  Status heard(const wire::Hello& hello) {
    session_.hello = seconds();
    last_sign_ = last_progress_ = clock_.now();
    if (hello.abi != BSC_ABI_VERSION)
      return guest_error("the agent speaks ABI {}, this program {}; build both from one tree",
                         hello.abi, BSC_ABI_VERSION);
    hello_ = hello;
    hello_at_ = clock_.now();
    known_symbols_ = watch_.symbols.find(hello);
    wire::Start start = begun_with_;
    if (!known_symbols_.empty()) {
      start.want_kernel_symbols = false;
      start.bio_chain_endio = wire::symbol_address(known_symbols_, "bio_chain_endio");
    }
    return send(start);
  }

  Status send(const wire::ToGuest& message) {
    return machine_.send(wire::encode(wire::FrameKind::kMessage, wire::to_json(message)));
  }

  // The guest leaves out the names that it need not send.
  Status complete(std::string& kallsyms) {
    if (known_symbols_.empty()) return watch_.symbols.keep(hello_, kallsyms);
    kallsyms.insert(0, known_symbols_);
    return {};
  }

  Status heard(const wire::Heartbeat& beat) {
    const auto now = clock_.now();
    if (session_.last_heartbeat >= 0)
      session_.longest_gap = std::max(session_.longest_gap, seconds() - session_.last_heartbeat);
    last_sign_ = now;
    session_.last_heartbeat = seconds();
    ++session_.heartbeats;
    if (beat.progress != session_.progress) {
      session_.progress = beat.progress;
      session_.last_progress = seconds();
      last_progress_ = now;
    }
    return {};
  }

  Status heard(const wire::Phase& phase) {
    running_ = phase.name == "run";
    last_progress_ = clock_.now();
    return {};
  }

  Status heard(const wire::Armed& armed) {
    armed_ = armed;
    session_.armed = seconds();
    return {};
  }

  Status heard(const wire::ScenarioEnd&) {
    session_.scenario_end = seconds();
    return {};
  }

  Status heard(const wire::HostAction& asked) {
    const auto done = machine_.perform({.action = asked.action, .argument = asked.argument});
    session_.actions.push_back({.seconds = seconds(),
                                .action = asked.action,
                                .argument = asked.argument,
                                .error = done ? "" : done.error().text()});
    const wire::HostActionDone answer{
        .id = asked.id, .ok = done.has_value(), .what = done ? "" : done.error().text()};
    return send(answer);
  }

  Status heard(const wire::Rest&) {
    rests_ = true;
    session_.bye = seconds();
    return {};
  }

  Status heard(const wire::Bye&) {
    session_.bye = seconds();
    return {};
  }

  template <class Other>
  Status heard(const Other&) {
    return {};
  }

  void sample() {
    samples_.push_back({clock_.now(), machine_.vitals()});
    const auto oldest = clock_.now() - watch_.clocks.total;
    while (samples_.size() > 2 && samples_.front().at < oldest) samples_.pop_front();
  }

  // The worst that the host did to the guest for a while. Shorter waits are the daily life of a
  // busy host, and a guest that hardly wanted to run has lost nothing by waiting.
  double starvation() const {
    constexpr duration<double> kWhile{5};
    double worst = 0;
    std::size_t from = 0;
    for (std::size_t to = 1; to < samples_.size(); ++to) {
      while (from + 1 < to && samples_[to].at - samples_[from + 1].at >= kWhile) ++from;
      const duration<double> window = samples_[to].at - samples_[from].at;
      const double ran = seconds_between(samples_[from].vitals.cpu_ns, samples_[to].vitals.cpu_ns);
      const double delayed =
          seconds_between(samples_[from].vitals.delay_ns, samples_[to].vitals.delay_ns);
      if (window < kWhile || delayed < window.count() / 4) continue;
      worst = std::max(worst, delayed / (delayed + ran));
    }
    return worst;
  }

  static double seconds_between(std::uint64_t from_ns, std::uint64_t to_ns) {
    return to_ns < from_ns ? 0 : static_cast<double>(to_ns - from_ns) / 1e9;
  }

  // Notes the clock that ran out, and how the host treated the guest meanwhile.
  bool run_out(std::string_view which, Clock::time_point since) {
    session_.expired = which;
    sample();
    const auto first = std::ranges::find_if(
        samples_, [since](const Sample& sample) { return sample.at >= since; });
    const Sample& from = first == samples_.end() ? samples_.front() : *first;
    const Sample& to = samples_.back();
    session_.window = duration<double>(to.at - from.at).count();
    session_.ran = seconds_between(from.vitals.cpu_ns, to.vitals.cpu_ns);
    session_.delayed = seconds_between(from.vitals.delay_ns, to.vitals.delay_ns);
    look_around();
    return true;
  }

  // Many looks, of which the first few are kept whole: a loop shows itself by its addresses.
  void look_around() {
    std::string whole;
    unsigned kept = 0;
    session_.stand = evidence::look_around(
        [&](const std::string& command) {
          auto answer = machine_.monitor(command);
          if (answer.contains("RIP=") && kept < kWholeLooks) ++kept, whole += answer;
          return answer;
        },
        kLooks);
    if (whole.empty()) return;
    if (const auto noted = recorder_->artifact({.name = "registers", .content = whole}); !noted)
      session_.host_error = noted.error().text();
  }

  bool expired() {
    const auto now = clock_.now();
    const Clocks& clocks = watch_.clocks;
    const auto late = [now](Clock::time_point since, duration<double> limit) {
      return duration<double>(now - since) > limit;
    };
    if (control_closed_ != Clock::time_point{} && late(control_closed_, clocks.grace)) {
      session_.control_fault = "closed, and nothing says why";
      return true;
    }
    if (session_.hello < 0) return late(start_, clocks.boot) && run_out("boot", start_);
    if (const auto sign = std::max(last_sign_, last_console_); late(sign, clocks.silent))
      return run_out("silent", sign);
    if (late(start_, clocks.total)) return run_out("total", start_);
    if (running_ && session_.scenario_end < 0) {
      if (late(last_progress_, clocks.no_progress)) return run_out("no_progress", last_progress_);
      const auto hello =
          start_ + std::chrono::duration_cast<Clock::duration>(duration<double>(session_.hello));
      if (late(hello, clocks.scenario)) return run_out("scenario", hello);
    }
    return false;
  }

  machine::Machine& machine_;
  const Clock& clock_;
  Recorder* recorder_ = nullptr;  // of the trial that runs
  const Watch& watch_;
  wire::Start begun_with_;
  bool rests_ = false;  // the guest waits for another trial
  evidence::Session session_;
  wire::FrameDecoder control_;
  wire::FrameDecoder trace_;
  wire::Hello hello_;
  Clock::time_point hello_at_{};
  wire::Armed armed_;
  std::string known_symbols_;  // of the kernel that said hello
  Clock::time_point start_{};
  Clock::time_point last_sign_{};  // heartbeat or hello
  Clock::time_point last_console_{};
  Clock::time_point last_progress_{};
  Clock::time_point control_closed_{};
  bool running_ = false;  // the agent is in step "run"
  std::deque<Sample> samples_;
};

Watcher::Watcher(machine::Machine& machine, const Clock& clock, const Watch& watch)
    : watching_(std::make_unique<Watching>(machine, clock, watch)) {}
Watcher::~Watcher() { watching_->end(); }

evidence::Session Watcher::boot(Recorder& recorder) { return watching_->boot(recorder); }
bool Watcher::rests() const { return watching_->rests(); }
evidence::Session Watcher::next(Recorder& recorder, const wire::Start& start) {
  return watching_->next(recorder, start);
}

evidence::Session watch(machine::Machine& machine, const Clock& clock, Recorder& recorder,
                        const Watch& watch) {
  return Watcher(machine, clock, watch).boot(recorder);
}

}  // namespace bioscope::run

// SPDX-License-Identifier: GPL-2.0-only
#include "guest/agent/control.h"

#include <pthread.h>
#include <sched.h>

#include <thread>
#include <utility>

#include "guest/agent/system.h"
#include "guest/wire/frame.h"

namespace bioscope::agent {
namespace {

using Time = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBeat{100};
constexpr std::chrono::milliseconds kListen{100};
constexpr std::chrono::seconds kGoneLimit{5};
constexpr std::chrono::milliseconds kRetry{2};
constexpr int kPriority = 50;

template <class F>
void start_thread(const char* name, F&& body) {
  std::thread thread([name, body = std::forward<F>(body)] {
    ::pthread_setname_np(::pthread_self(), name);
    run_ahead_of_workloads(kPriority);
    body();
  });
  thread.detach();
}

}  // namespace

void run_ahead_of_workloads(int priority) {
  const sched_param parameters{.sched_priority = priority};
  ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &parameters);
}

Control::Control(Port port, const std::atomic<std::uint64_t>& progress)
    : port_(std::move(port)), progress_(progress) {}

bool Control::wait_for_host(std::chrono::milliseconds limit) {
  const auto deadline = Time::now() + limit;
  while (!port_.peer_listens()) {
    if (Time::now() >= deadline) return false;
    std::this_thread::sleep_for(kRetry);
  }
  return true;
}

void Control::start() {
  start_thread("bioscope/listen", [this] { listen(); });
  start_thread("bioscope/beat", [this] { beat(); });
}

void Control::send(const wire::ToHost& message) {
  send_frame(wire::encode(wire::FrameKind::kMessage, wire::to_json(message)));
}

void Control::send_frame(std::string_view frame) {
  if (const auto sent = port_.write(frame); !sent) {
    say(sent.error().what);
    power_off();
  }
}

wire::Start Control::wait_for_start() {
  std::unique_lock lock(start_mutex_);
  asked_.wait(lock, [this] { return !starts_.empty(); });
  wire::Start start = std::move(starts_.front());
  starts_.pop_front();
  return start;
}

void Control::on_answer(std::function<void(const wire::HostActionDone&)> handler) {
  const std::scoped_lock lock(handler_mutex_);
  handler_ = std::move(handler);
}

void Control::beat() {
  for (wire::Heartbeat beat;; ++beat.count) {
    beat.uptime_ns = uptime_ns();
    beat.progress = progress_.load(std::memory_order_relaxed);
    send(beat);
    std::this_thread::sleep_for(kBeat);
  }
}

void Control::listen() {
  wire::FrameDecoder decoder;
  auto last_seen = Time::now();
  for (;;) {
    const auto bytes = port_.read(kListen);
    if (!bytes) {
      say(bytes.error().what);
      power_off();
    }
    const auto now = Time::now();
    if (port_.peer_listens()) last_seen = now;
    if (now - last_seen > kGoneLimit) {
      say("the host is gone; switching off");
      power_off();
    }
    decoder.feed(*bytes);
    for (;;) {
      const auto frame = decoder.next();
      if (!frame) {
        say(fmt::format("the host speaks garbage ({}); switching off", frame.error().what));
        power_off();
      }
      if (!*frame) break;
      if ((*frame)->kind == wire::FrameKind::kMessage) hear((*frame)->payload);
    }
  }
}

void Control::hear(std::string_view json) {
  const auto message = wire::parse_to_guest(json);
  if (!message) {
    send(wire::Log{fmt::format("the host sent {}", message.error().what)});
  } else if (std::holds_alternative<wire::PowerOff>(*message)) {
    power_off();
  } else if (const auto* start = std::get_if<wire::Start>(&*message)) {
    const std::scoped_lock lock(start_mutex_);
    starts_.push_back(*start);
    asked_.notify_one();
  } else {
    const std::scoped_lock lock(handler_mutex_);
    if (handler_) handler_(std::get<wire::HostActionDone>(*message));
  }
}

}  // namespace bioscope::agent

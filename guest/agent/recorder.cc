// SPDX-License-Identifier: GPL-2.0-only
#include "guest/agent/recorder.h"

#include <pthread.h>

#include "guest/agent/control.h"
#include "guest/agent/system.h"
#include "guest/wire/frame.h"

namespace bioscope::agent {
namespace {

// Probes never wake anyone. What a kernel that dies has not handed over by then is lost with it.
constexpr std::chrono::milliseconds kInterval{5};
constexpr int kPriority = 10;

}  // namespace

Recorder::Recorder(loader::Loader& loader, Port& port)
    : loader_(loader), port_(port), thread_([this] { run(); }) {}

Recorder::~Recorder() { stop(); }

void Recorder::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void Recorder::run() {
  ::pthread_setname_np(::pthread_self(), "bioscope/drain");
  run_ahead_of_workloads(kPriority);
  while (!stopping_) {
    loader_.drain([this](std::string_view records) { send(records); });
    std::this_thread::sleep_for(kInterval);
  }
}

wire::Loss Recorder::finish() {
  stop();
  return loader_.settle([this](std::string_view records) { send(records); });
}

void Recorder::send(std::string_view records) {
  if (const auto sent = port_.write(wire::encode(wire::FrameKind::kRecords, records)); !sent) {
    say(sent.error().what);
    power_off();
  }
}

}  // namespace bioscope::agent

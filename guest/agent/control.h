// SPDX-License-Identifier: GPL-2.0-only
// Control: the agent's side of the control channel. Anyone may send; one thread of its own
// listens, keeps the heart beating, and switches the guest off when the host is gone or says so.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string_view>

#include "guest/agent/port.h"
#include "guest/wire/message.h"
#include "harness/base/result.h"

namespace bioscope::agent {

class Control {
 public:
  // `progress` is read for each heartbeat, and must outlive the process.
  Control(Port port, const std::atomic<std::uint64_t>& progress);

  // False if the host does not listen before `limit` is over.
  bool wait_for_host(std::chrono::milliseconds limit);

  // Starts listening and beating.
  void start();

  void send(const wire::ToHost& message);
  void send_frame(std::string_view frame);

  // What the host wants next; waits for it.
  wire::Start wait_for_start();

  // Where answers to host actions go.
  void on_answer(std::function<void(const wire::HostActionDone&)> handler);

 private:
  void listen();
  void beat();
  void hear(std::string_view json);

  Port port_;
  const std::atomic<std::uint64_t>& progress_;
  std::mutex start_mutex_;
  std::condition_variable asked_;
  std::deque<wire::Start> starts_;
  std::mutex handler_mutex_;
  std::function<void(const wire::HostActionDone&)> handler_;
};

// Real-time priority for the calling thread: low numbers yield to high ones.
void run_ahead_of_workloads(int priority);

}  // namespace bioscope::agent

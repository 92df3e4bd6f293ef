// SPDX-License-Identifier: GPL-2.0-only
// Recorder: carries the records from the ring to the trace port while the scenario runs.
#pragma once

#include <atomic>
#include <string_view>
#include <thread>

#include "guest/agent/port.h"
#include "guest/loader/loader.h"

namespace bioscope::agent {

class Recorder {
 public:
  Recorder(loader::Loader& loader, Port& port);
  ~Recorder();

  // Ends the thread and empties the ring. Returns what is known of loss.
  wire::Loss finish();

 private:
  void run();
  void stop();
  void send(std::string_view records);

  loader::Loader& loader_;
  Port& port_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace bioscope::agent

// SPDX-License-Identifier: GPL-2.0-only
// Watcher: sees one guest from its boot to its end. It starts the scenario, records everything,
// answers the guest's requests, keeps the clocks, and says what it saw. It judges nothing.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "guest/wire/message.h"
#include "harness/base/clock.h"
#include "harness/evidence/session.h"
#include "harness/machine/machine.h"
#include "harness/run/clocks.h"
#include "harness/run/kernel_symbols.h"
#include "harness/run/recorder.h"

namespace bioscope::run {

struct Watch {
  wire::Start start{};
  Clocks clocks{};  // already stretched
  double scale = 1;
  machine::Accelerator accelerator = machine::Accelerator::kTcg;
  unsigned vcpus = 0;
  std::filesystem::path console{};  // the file that the machine writes
  KernelSymbols symbols{};          // of kernels that were seen before
  // Told of every message, as it comes; for progress and for exec's output.
  std::function<void(const wire::ToHost&)> heard{};
  bool keep = false;             // a machine that still stands is stopped and not destroyed
  std::filesystem::path dump{};  // the memory of a guest that panicked or hangs goes there
  std::stop_token stop{};        // the user's interrupt
};

class Watcher {
 public:
  // All have to outlive it.
  Watcher(machine::Machine& machine, const Clock& clock, const Watch& watch);
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  ~Watcher();  // ends a machine that rests

  // Boots the machine and watches it to its end, or until it rests. The session is also written to
  // the recorder.
  evidence::Session boot(Recorder& recorder);
  // Whether the guest waits for another trial.
  bool rests() const;
  // Runs it, in a guest that rests.
  evidence::Session next(Recorder& recorder, const wire::Start& start);

 private:
  class Watching;
  std::unique_ptr<Watching> watching_;
};

// A guest with one trial.
evidence::Session watch(machine::Machine& machine, const Clock& clock, Recorder& recorder,
                        const Watch& watch);

}  // namespace bioscope::run

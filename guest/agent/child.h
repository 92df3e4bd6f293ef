// SPDX-License-Identifier: GPL-2.0-only
// Child: a process of the agent's that runs foreign code, so that its crash is an answer and not
// the guest's end. One at a time; the agent is pid 1 and reaps strangers on the way.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "harness/base/fd.h"
#include "harness/base/result.h"

namespace bioscope::agent {

// How a process ended.
struct Ending {
  int status = 0;  // exit status
  int signal = 0;  // or the signal that killed it

  std::string text() const;
};

class Child {
 public:
  // Runs `body` in a new process, which exits with what it returns.
  static Result<Child> start(const std::function<int()>& body);

  // Readable when the child has ended.
  int descriptor() const { return pidfd_.get(); }

  // The ending, once the child has ended.
  std::optional<Ending> reap();

 private:
  Child(pid_t pid, Fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}

  pid_t pid_;
  Fd pidfd_;
};

// Kills every process but this one: what a scenario or a command has left behind.
void kill_strays();

}  // namespace bioscope::agent

// SPDX-License-Identifier: GPL-2.0-only
// Processes as /proc shows them, and killing exactly the one that was looked at: a pid alone may
// already belong to somebody else.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/fd.h"

namespace bioscope::machine {

struct Process {
  pid_t pid = 0;
  pid_t parent = 0;
  char state = '?';         // 'T' is stopped, 'Z' waits to be reaped
  std::uint64_t start = 0;  // in clock ticks since boot: with the pid, an identity
};

std::optional<Process> look_at(pid_t pid);

// Arguments with a NUL after each; empty for a zombie or a process that has gone.
std::string command_line(pid_t pid);

// All processes that `wanted` accepts.
std::vector<Process> find_processes(const std::function<bool(const Process&)>& wanted);

// A descriptor that becomes readable when the process ends; none if that is another one by now.
Fd hold(const Process& process);

// Through a descriptor of hold().
bool send_signal(const Fd& held, int number);
bool ends_within(const Fd& held, int milliseconds);

}  // namespace bioscope::machine

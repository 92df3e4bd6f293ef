// SPDX-License-Identifier: GPL-2.0-only
// Trial: what happens from the host's Start to the agent's Bye and the power switch: modules, arm,
// run, settle, drain, off. Each step is reported; whatever goes wrong, the end and the loss are
// told.
#pragma once

#include <atomic>
#include <cstdint>

#include "guest/agent/control.h"
#include "guest/agent/modules.h"
#include "guest/agent/port.h"

namespace bioscope::agent {

struct Guest {
  Control& control;
  Port& trace;
  const Modules& modules;
  std::atomic<std::uint64_t>& progress;
};

[[noreturn]] void run_trial(const wire::Start& start, const Guest& guest);

}  // namespace bioscope::agent

// SPDX-License-Identifier: GPL-2.0-only
// Command: runs the user's own program in place of a scenario, and passes on what it writes, or
// gives it the console.
#pragma once

#include <atomic>
#include <cstdint>

#include "guest/agent/control.h"
#include "guest/wire/message.h"

namespace bioscope::agent {

// `progress` grows with each piece of output.
wire::ScenarioEnd run_command(const wire::Start& start, Control& control,
                              std::atomic<std::uint64_t>& progress);

}  // namespace bioscope::agent

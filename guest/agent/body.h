// SPDX-License-Identifier: GPL-2.0-only
// Body: runs a scenario's body as a GoogleTest test in a child, passes on what it claims as it
// claims it, and tells how it ended. What was said before a crash is kept.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "guest/agent/control.h"
#include "guest/agent/modules.h"
#include "guest/loader/loader.h"
#include "guest/scenario/scenario.h"
#include "guest/wire/message.h"

namespace bioscope::agent {

struct BodyContext {
  Control& control;
  const Modules& modules;
  const loader::Loader& loader;
  std::atomic<std::uint64_t>& progress;          // shared with the child
  const std::vector<std::string>& disks_before;  // the user's modules were loaded
};

wire::ScenarioEnd run_body(const scenario::Scenario& scenario, const wire::Start& start,
                           const BodyContext& context);

}  // namespace bioscope::agent

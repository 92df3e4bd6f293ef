// SPDX-License-Identifier: GPL-2.0-only
// Modprobe: the agent as the kernel's module helper. The kernel runs the agent's own program under
// another name; that process loads what the image holds and tells the agent of each request.
#pragma once

#include <functional>

#include "guest/wire/message.h"
#include "harness/base/result.h"

namespace bioscope::agent {

// Makes this program the kernel's helper and hands each report to `heard`, on a thread of its own.
Status serve_module_requests(std::function<void(const wire::ModuleLoaded&)> heard);

// The helper's main: `modprobe -q -- ALIAS`. Returns its exit status.
int modprobe_main(int argc, char** argv);

}  // namespace bioscope::agent

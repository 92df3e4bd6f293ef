// SPDX-License-Identifier: GPL-2.0-only
// wait_until: polls for a state of the guest that has no event to wait for. Anyone in a guest may
// call it; `holds` is asked at least once, and once more when the time is over.
#pragma once

#include <chrono>
#include <functional>

namespace bioscope::scenario {

// How long a device may take to appear or to be let go on a slow, busy machine. Shorter than what
// the host allows a workload without progress, so that the error arrives and not the host's guess.
inline constexpr std::chrono::seconds kDeviceLimit{8};

bool wait_until(std::chrono::milliseconds limit, const std::function<bool()>& holds);

}  // namespace bioscope::scenario

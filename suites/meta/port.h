// SPDX-License-Identifier: GPL-2.0-only
// The agent's virtio-serial ports, taken from under it.
#pragma once

#include <string_view>

#include "harness/base/fd.h"
#include "harness/base/result.h"

namespace bioscope_suite_meta {

// A copy of the agent's own descriptor for the port whose name holds `part`: a port can be opened
// only once.
bioscope::Result<bioscope::Fd> copy_of_port(std::string_view part);

// Takes all ports' device from its driver.
bioscope::Status unbind_ports();

}  // namespace bioscope_suite_meta

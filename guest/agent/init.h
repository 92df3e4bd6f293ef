// SPDX-License-Identifier: GPL-2.0-only
// Init: the agent as pid 1 of a guest, from the first mount to the power switch.
#pragma once

namespace bioscope::agent {

[[noreturn]] void run_as_init();

}  // namespace bioscope::agent

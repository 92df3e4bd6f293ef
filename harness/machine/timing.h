// SPDX-License-Identifier: GPL-2.0-only
// Kernel arguments that keep a guest's clocks true where nothing emulates a hypervisor's clock.
// Without them a guest on TCG measures its own TSC against emulated timers: on a busy host that
// takes seconds, fails, or leaves a CPU whose udelay() is many times too long.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/machine/machine.h"

namespace bioscope::machine {

// For a kernel of CONFIG_HZ `hz`, if that is known. Empty where the guest needs no help.
std::string timing_arguments(Accelerator accelerator, std::optional<unsigned> hz);

// Of the host's TSC, which a guest on TCG reads as its own; nothing if this host has no TSC that
// its own kernel trusts.
std::optional<unsigned> host_tsc_khz();

// True if a clocksource0/available_clocksource of this content lists the TSC.
bool trusts_tsc(std::string_view available_clocksources);

}  // namespace bioscope::machine

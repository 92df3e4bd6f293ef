// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/accelerator_probe.h"

// clang-format off
asm(".section .rodata\n"
    "bsc_pvh_probe:\n"
    ".incbin \"" BSC_PVH_PROBE "\"\n"
    "bsc_pvh_probe_end:\n"
    ".previous\n");
// clang-format on

extern "C" const char bsc_pvh_probe[];
extern "C" const char bsc_pvh_probe_end[];

namespace bioscope::machine {

std::string_view accelerator_probe() { return {bsc_pvh_probe, bsc_pvh_probe_end}; }

}  // namespace bioscope::machine

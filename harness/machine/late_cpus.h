// SPDX-License-Identifier: GPL-2.0-only
// A defect of QEMU 7.2's emulation, and the kernel arguments that keep a guest out of its way.
//
// A vCPU translates code without a lock on its page, so that what another vCPU writes there in
// between is lost: the translation of the old bytes stays. The kernel patches its own text by way
// of int3 (static branches, and the entry of every function that a BPF program is attached to); a
// translated int3 that stays after its patch is done traps for ever, on all vCPUs that come by,
// with interrupts off if they were off there. Two busy vCPUs and a switched sysctl
// kernel.sched_schedstats hang so within seconds; with one emulating thread they never do.
//
// So a guest boots, loads its modules and is armed on one CPU; its agent then brings up the others.
#pragma once

#include <string>

#include "harness/machine/machine.h"

namespace bioscope::machine {

// Empty where nothing is emulated, or where the kernel cannot bring up a CPU later (`hotplug`:
// CONFIG_HOTPLUG_CPU).
std::string late_cpus_arguments(Accelerator accelerator, bool hotplug);

}  // namespace bioscope::machine

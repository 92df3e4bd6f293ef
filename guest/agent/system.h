// SPDX-License-Identifier: GPL-2.0-only
// System: what pid 1 owes the guest: file systems, standard descriptors, a word on the console, an
// end. And what it can tell of the running kernel.
#pragma once

#include <string>
#include <string_view>

#include "guest/wire/message.h"
#include "harness/base/result.h"

namespace bioscope::agent {

// Mounts what scenarios and the agent rely on. What is mounted already, or what the kernel lacks,
// is left alone: who needs it will say so.
void mount_file_systems();

// Lets the console have every message from now on. While booting it has only what matters.
void raise_console_level();

// Through the kernel's log, so that it can never block on a terminal.
void say(std::string_view text);

// The descriptor that writes to the kernel's log; -1 if there is none.
int kernel_log();

// Brings up every CPU that is there and not yet online: the host may have kept them back
// (harness/machine/late_cpus.h).
Status bring_up_cpus();

// Writes back what can be written back in short time, then switches the machine off.
[[noreturn]] void power_off();

wire::Hello describe_kernel();

// Whether the kernel lets a task be preempted wherever it runs (preempt=full), by what the
// scheduler says (`knob`, sched/preempt in debugfs) or, without that, by uname -v.
bool tasks_preempt(std::string_view knob, std::string_view version);
bool tasks_preempt();

std::uint64_t uptime_ns();

// The GNU build id in ELF notes, in hex; empty if there is none.
std::string build_id(std::string_view notes);

}  // namespace bioscope::agent

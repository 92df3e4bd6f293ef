// SPDX-License-Identifier: GPL-2.0-only
// A kernel module made in the guest whose init function does one thing that no kernel should do:
// a real cause for a report on the console of any kernel, without headers or a compiler. Its shape
// is learnt from a module of the image, so a scenario needs at least one ("module:brd").
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "guest/scenario/module_elf.h"
#include "harness/base/result.h"

namespace bioscope::scenario {

enum class Misdeed {
  kWarn,             // WARN(); goes on
  kBug,              // BUG(); the calling task dies
  kNullDereference,  // writes to address 0; the calling task dies
  kSpin,             // keeps its CPU without letting go
  kSpinDeaf,         // the same with interrupts off
};

// Its bytes; `ticks` of the time stamp counter are the length of a spin.
std::string make_rogue_module(const ModuleShape& shape, Misdeed misdeed, std::uint64_t ticks);

// Loads such a module into the running kernel. It does not stay: its init function fails at its
// end. `length` is that of a spin.
Status commit(Misdeed misdeed, std::chrono::milliseconds length = {});

}  // namespace bioscope::scenario

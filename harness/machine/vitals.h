// SPDX-License-Identifier: GPL-2.0-only
// How the host treats a guest: the CPU time its vCPU threads got and the time they had to wait,
// out of /proc. Time that QEMU stood stopped by a signal counts as waiting, on every vCPU.
#pragma once

#include <optional>

#include "harness/base/clock.h"
#include "harness/machine/machine.h"
#include "harness/machine/proc.h"

namespace bioscope::machine {

class VitalSigns {
 public:
  explicit VitalSigns(Process emulator) : emulator_(emulator) {}

  // Time stopped is exact if this is called when a stop begins and when it ends.
  Vitals sample(Clock::time_point now);

 private:
  Process emulator_;
  std::optional<Clock::time_point> stopped_at_{};  // it was stopped at the sample before
  std::uint64_t stopped_ns_ = 0;
};

}  // namespace bioscope::machine

// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/late_cpus.h"

namespace bioscope::machine {

std::string late_cpus_arguments(Accelerator accelerator, bool hotplug) {
  if (accelerator == Accelerator::kKvm || !hotplug) return {};
  // Without the second a kernel that starts on one CPU takes all lock prefixes out of itself, and
  // puts them back for the next CPU.
  return "maxcpus=1 noreplace-smp";
}

}  // namespace bioscope::machine

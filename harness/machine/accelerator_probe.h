// SPDX-License-Identifier: GPL-2.0-only
// The tiny guest that proves an accelerator (pvh_probe.S), as an ELF file that QEMU boots.
#pragma once

#include <string_view>

namespace bioscope::machine {

std::string_view accelerator_probe();

}  // namespace bioscope::machine

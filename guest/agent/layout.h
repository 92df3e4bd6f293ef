// SPDX-License-Identifier: GPL-2.0-only
// Layout: the names that the agent shares with the image and with the machine's definition. The
// guest cannot include the harness, whose image.h says the same of the module table.
#pragma once

namespace bioscope::agent {

inline constexpr char kModuleTable[] = "/etc/bioscope/modules";
inline constexpr char kModprobe[] = "/etc/bioscope/modprobe";  // the agent, as the kernel's helper
inline constexpr char kUsualModprobe[] = "/sbin/modprobe";     // the same for programs, if free
inline constexpr char kControlPort[] = "bioscope.control";
inline constexpr char kTracePort[] = "bioscope.trace";

}  // namespace bioscope::agent

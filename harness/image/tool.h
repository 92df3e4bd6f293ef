// SPDX-License-Identifier: GPL-2.0-only
// Tools: guest programs out of Debian's packages, which are unpacked in the cache and never
// installed: their udev rules and hooks would change the user's machine. For this folder alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/image/archive.h"
#include "harness/package/package.h"

namespace bioscope::image {

// The tool whose applets are the guest's shell and commands.
inline constexpr std::string_view kShellTool = "busybox";

// Adds each tool with its loader and libraries, and no more of the packages. What the archive has
// already stays. An unknown tool is a usage error that lists those we know.
Status add_tools(Archive& archive, const std::vector<std::string>& tools,
                 const package::Options& packages);

}  // namespace bioscope::image

// SPDX-License-Identifier: GPL-2.0-only
// Settings of the kernel (sysctl, module parameters) that a scenario changes; the workload's
// cleanup puts them back.
#pragma once

#include <string>
#include <string_view>

#include "guest/scenario/scenario.h"

namespace bioscope_suite_meta {

bioscope::Status set(bioscope::scenario::Workload& w, const std::string& path,
                     std::string_view value);

}  // namespace bioscope_suite_meta

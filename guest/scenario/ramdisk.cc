// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/ramdisk.h"

#include "guest/scenario/attribute.h"

namespace bioscope::scenario {

Result<BlockDevice> ramdisk(Workload& workload, unsigned number, std::string_view parameters) {
  const std::string module = parameters.empty() ? "brd" : fmt::format("brd {}", parameters);
  BSC_TRY(within("ramdisk", workload.host().load_module(module)));
  return within("ramdisk", find_disk(workload.host(), fmt::format("/dev/ram{}", number)));
}

}  // namespace bioscope::scenario

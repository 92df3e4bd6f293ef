// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/own_disk.h"

#include <algorithm>
#include <cstring>

#include "guest/scenario/wait.h"

namespace bioscope::scenario {

Result<BlockDevice> own_disk(Workload& workload, std::uint64_t sectors) {
  std::vector<std::string> names;
  const bool found = wait_until(kDeviceLimit, [&] {
    names = workload.host().disks_of_modules();
    return !names.empty();
  });
  if (!found)
    return guest_error(
        "the module is loaded and brought no disk in {} s: nothing in /sys/block that was not "
        "there before; it may want parameters",
        kDeviceLimit.count());
  std::ranges::sort(names, [](const std::string& one, const std::string& other) {
    return ::strverscmp(one.c_str(), other.c_str()) < 0;
  });
  workload.step(names.size() == 1
                    ? names.front()
                    : fmt::format("{}, the first of {} disks", names.front(), names.size()));
  BSC_TRY_ASSIGN(auto disk, find_disk(workload.host(), "/dev/" + names.front()));
  if (disk.sectors < sectors)
    return guest_error("{} has {} sectors; give the module parameters for {} or more", disk.name,
                       disk.sectors, sectors);
  return disk;
}

}  // namespace bioscope::scenario

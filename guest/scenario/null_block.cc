// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/null_block.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/scenario/attribute.h"

namespace bioscope::scenario {
namespace {

constexpr char kConfigfs[] = "/sys/kernel/config";

Result<BlockDevice> configure(Workload& workload, const std::string& directory,
                              const NullBlockOptions& options) {
  const auto set = [&](std::string_view attribute, std::uint64_t value) {
    return write_attribute(fmt::format("{}/{}", directory, attribute), fmt::format("{}", value));
  };
  BSC_TRY(set("size", options.mib));
  BSC_TRY(set("memory_backed", 1));
  BSC_TRY(set("irqmode", static_cast<std::uint64_t>(options.completion)));
  BSC_TRY(set("completion_nsec", options.nanoseconds));
  if (options.discard) BSC_TRY(set("discard", 1));
  if (options.cache) BSC_TRY(set("cache_size", options.mib));
  BSC_TRY(set("power", 1));
  return find_disk(workload.host(), "/dev/" + directory.substr(directory.rfind('/') + 1));
}

}  // namespace

Result<BlockDevice> null_block(Workload& workload, std::string_view name,
                               const NullBlockOptions& options) {
  BSC_TRY(within("null_blk", workload.host().load_module("null_blk")));
  if (::mount("configfs", kConfigfs, "configfs", 0, nullptr) != 0 && errno != EBUSY)
    return guest_os_error(errno, "null_blk: cannot mount configfs at {}", kConfigfs);
  const std::string directory = fmt::format("{}/nullb/{}", kConfigfs, name);
  if (::mkdir(directory.c_str(), 0755) != 0)
    return guest_os_error(errno, "null_blk: cannot make {}", directory);
  workload.cleanup([directory] {
    EXPECT_EQ(::rmdir(directory.c_str()), 0) << directory << " cannot be taken away";
  });
  return within("null_blk", configure(workload, directory, options));
}

}  // namespace bioscope::scenario

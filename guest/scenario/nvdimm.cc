// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/nvdimm.h"

#include "guest/scenario/attribute.h"
#include "guest/scenario/wait.h"

namespace bioscope::scenario {
namespace {

constexpr char kBus[] = "/sys/bus/nd/devices";

// A region with an empty label area offers a namespace of size 0 to be filled in.
Status fill_in(const std::string& region, const std::string& name) {
  const std::string device = fmt::format("{}/{}", kBus, name);
  BSC_TRY_ASSIGN(const std::string uuid, read_attribute("/proc/sys/kernel/random/uuid"));
  BSC_TRY_ASSIGN(const std::string size,
                 read_attribute(fmt::format("{}/{}/available_size", kBus, region)));
  BSC_TRY(write_attribute(device + "/uuid", uuid));
  return write_attribute(device + "/size", size);
}

}  // namespace

Result<bool> make_namespace(Workload& workload, unsigned region) {
  BSC_TRY(workload.host().load_module("nfit"));
  BSC_TRY(workload.host().load_module("nd_pmem"));

  const std::string region_name = fmt::format("region{}", region);
  const std::string name = fmt::format("namespace{}.0", region);
  std::string size;
  const bool scanned = wait_until(kDeviceLimit, [&] {
    size = read_attribute(fmt::format("{}/{}/size", kBus, name)).value_or("");
    return !size.empty();
  });
  if (!scanned)
    return guest_error(
        "NVDIMM {} has no namespace after {} s; the machine needs an NVDIMM whose "
        "size without labels is a multiple of 16 MiB",
        region_name, kDeviceLimit.count());
  if (size != "0") return false;
  BSC_TRY(within("make a namespace", fill_in(region_name, name)));
  return true;
}

Status keep_nvdimm(Workload& workload, unsigned nvdimm, std::string_view name) {
  workload.step(fmt::format("keep {}", name));
  BSC_TRY(workload.host().act("keep", fmt::format("{} {}", nvdimm, name)));
  workload.step(fmt::format("kept {}", name));
  return {};
}

Result<BlockDevice> pmem_disk(Workload& workload, unsigned region) {
  BSC_TRY_ASSIGN(const bool made, within("pmem", make_namespace(workload, region)));
  if (made)
    BSC_TRY(within("pmem", write_attribute("/sys/bus/nd/drivers/nd_pmem/bind",
                                           fmt::format("namespace{}.0", region))));
  return within("pmem", find_disk(workload.host(), fmt::format("/dev/pmem{}", region)));
}

}  // namespace bioscope::scenario

// SPDX-License-Identifier: GPL-2.0-only
#include "harness/run/job.h"

#include <nlohmann/json.hpp>

namespace nlohmann {

template <>
struct adl_serializer<std::chrono::duration<double>> {
  static void to_json(json& object, const std::chrono::duration<double>& value) {
    object = value.count();
  }
  static void from_json(const json& object, std::chrono::duration<double>& value) {
    value = std::chrono::duration<double>(object.get<double>());
  }
};

}  // namespace nlohmann

namespace bioscope::machine {

NLOHMANN_JSON_SERIALIZE_ENUM(Accelerator, {{Accelerator::kTcg, "tcg"}, {Accelerator::kKvm, "kvm"}})
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Nvdimm, file, data_bytes, label_bytes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Disk, file, serial)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(MachineSpec, name, root, cache, uri, emulator, kernel, initrd,
                                   command_line, vcpus, memory_mib, accelerator, nvdimms, disks,
                                   console, images, watchdog_seconds, preserve_on_crash, terminal,
                                   gdb)

}  // namespace bioscope::machine

namespace bioscope::run {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Clocks, boot, scenario, no_progress, silent, total, grace)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Job, machine, start, clocks, scale, guest, dump, keep)

std::string to_json(const Job& job) { return nlohmann::json(job).dump(2) + "\n"; }

Result<Job> parse_job(std::string_view json) {
  try {
    return nlohmann::json::parse(json).get<Job>();
  } catch (const nlohmann::json::exception& error) {
    return host_error("the worker's job is not readable: {}", error.what());
  }
}

}  // namespace bioscope::run

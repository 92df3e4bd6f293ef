// SPDX-License-Identifier: GPL-2.0-only
#include "suites/meta/port.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>

#include "guest/scenario/attribute.h"

namespace bioscope_suite_meta {
namespace {

using namespace bioscope;
using namespace bioscope::scenario;
namespace fs = std::filesystem;

constexpr pid_t kAgent = 1;

}  // namespace

Result<Fd> copy_of_port(std::string_view part) {
  std::error_code code;
  for (const auto& entry : fs::directory_iterator("/proc/1/fd", code)) {
    const fs::path target = fs::read_symlink(entry.path(), code);
    if (!target.filename().string().starts_with("vport")) continue;
    const auto name =
        read_attribute(fmt::format("/sys/class/virtio-ports/{}/name", target.filename().string()));
    if (!name || name->find(part) == std::string::npos) continue;

    BSC_TRY_ASSIGN(const std::uint64_t number, parse_number(entry.path().filename().string()));
    const Fd agent(static_cast<int>(::syscall(SYS_pidfd_open, kAgent, 0)));
    Fd port(static_cast<int>(::syscall(SYS_pidfd_getfd, agent.get(), number, 0)));
    if (!port) return guest_os_error(errno, "cannot copy the agent's descriptor of {}", *name);
    return port;
  }
  return guest_error("the agent has no port open whose name holds \"{}\"", part);
}

Status unbind_ports() {
  const std::string driver = "/sys/bus/virtio/drivers/virtio_console";
  bool unbound = false;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(driver, code)) {
    const std::string device = entry.path().filename();
    if (!device.starts_with("virtio")) continue;
    BSC_TRY(write_attribute(driver + "/unbind", device));
    unbound = true;
  }
  if (!unbound) return guest_error("{} drives no device", driver);
  return {};
}

}  // namespace bioscope_suite_meta

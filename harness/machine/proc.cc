// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/proc.h"

#include <poll.h>
#include <sys/syscall.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <sstream>

#include "harness/base/file.h"
#include "harness/machine/directory.h"

namespace bioscope::machine {

std::optional<Process> look_at(pid_t pid) {
  const auto text = read_file(fmt::format("/proc/{}/stat", pid));
  if (!text) return std::nullopt;
  // The name, in parentheses, may hold anything; fields are counted from behind it.
  const auto name_end = text->rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text->substr(name_end + 1));
  Process process{.pid = pid};
  fields >> process.state >> process.parent;
  std::string skipped;
  for (int field = 5; field < 22; ++field) fields >> skipped;
  fields >> process.start;
  if (!fields) return std::nullopt;
  return process;
}

std::string command_line(pid_t pid) {
  return read_file(fmt::format("/proc/{}/cmdline", pid)).value_or(std::string());
}

std::vector<Process> find_processes(const std::function<bool(const Process&)>& wanted) {
  std::vector<Process> found;
  for (const auto& entry : entries_of("/proc")) {
    const auto name = entry.filename().native();
    const char* const end = name.data() + name.size();
    pid_t pid = 0;
    const auto parsed = std::from_chars(name.data(), end, pid);
    if (parsed.ec != std::errc{} || parsed.ptr != end) continue;
    if (const auto process = look_at(pid); process && wanted(*process)) found.push_back(*process);
  }
  return found;
}

Fd hold(const Process& process) {
  Fd held(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  if (!held) return {};
  const auto now = look_at(process.pid);
  if (!now || now->start != process.start) return {};
  return held;
}

bool send_signal(const Fd& held, int number) {
  return ::syscall(SYS_pidfd_send_signal, held.get(), number, nullptr, 0) == 0;
}

bool ends_within(const Fd& held, int milliseconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd entry{.fd = held.get(), .events = POLLIN, .revents = 0};
    const int ready = ::poll(&entry, 1, std::max<int>(0, static_cast<int>(left.count())));
    if (ready >= 0) return ready > 0;
    if (errno != EINTR) return false;
  }
}

}  // namespace bioscope::machine

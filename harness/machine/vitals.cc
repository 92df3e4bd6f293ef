// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/vitals.h"

#include <sstream>

#include "harness/base/file.h"
#include "harness/machine/directory.h"

namespace bioscope::machine {
namespace {

// QEMU with debug-threads=on, as libvirt starts it: "CPU 0/TCG", "CPU 1/KVM".
bool is_vcpu(const std::filesystem::path& task) {
  const auto name = read_file(task / "comm");
  return name && name->starts_with("CPU ") && name->find('/') != std::string::npos;
}

}  // namespace

Vitals VitalSigns::sample(Clock::time_point now) {
  Vitals vitals;
  const auto process = look_at(emulator_.pid);
  vitals.alive = process && process->start == emulator_.start && process->state != 'Z';
  if (!vitals.alive) return vitals;

  std::uint64_t vcpus = 0;
  for (const auto& task : entries_of(fmt::format("/proc/{}/task", emulator_.pid))) {
    if (!is_vcpu(task)) continue;
    const auto text = read_file(task / "schedstat");
    if (!text) continue;
    std::uint64_t cpu_ns = 0;
    std::uint64_t delay_ns = 0;
    std::istringstream(*text) >> cpu_ns >> delay_ns;
    vitals.cpu_ns += cpu_ns;
    vitals.delay_ns += delay_ns;
    ++vcpus;
  }

  if (stopped_at_) stopped_ns_ += vcpus * static_cast<std::uint64_t>((now - *stopped_at_).count());
  vitals.stopped = process->state == 'T';
  stopped_at_ = vitals.stopped ? std::optional(now) : std::nullopt;
  vitals.delay_ns += stopped_ns_;
  return vitals;
}

}  // namespace bioscope::machine

// SPDX-License-Identifier: GPL-2.0-only
#include "guest/agent/system.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include "bioscope/limits.h"
#include "bioscope_version.h"
#include "guest/agent/symbols.h"
#include "harness/base/file.h"

namespace bioscope::agent {
namespace {

constexpr std::chrono::seconds kSyncLimit{2};

struct Mount {
  const char* source;
  const char* target;
  const char* type;
};

constexpr Mount kMounts[] = {
    {"proc", "/proc", "proc"},
    {"sysfs", "/sys", "sysfs"},
    {"devtmpfs", "/dev", "devtmpfs"},
    {"devpts", "/dev/pts", "devpts"},
    {"debugfs", "/sys/kernel/debug", "debugfs"},
    {"cgroup2", "/sys/fs/cgroup", "cgroup2"},
};

// In the image's own file system, which may already hold files of the user's there.
constexpr const char* kScratch[] = {"/tmp", "/run"};

// The kernel starts pid 1 without any where the image has no /dev/console; nothing of ours may
// land on a descriptor that a library takes for its standard output.
void open_standard_descriptors() {
  const int null = ::open("/dev/null", O_RDWR);
  if (null < 0) return;
  for (int fd = 0; fd <= 2; ++fd) ::dup2(null, fd);
  if (null > 2) ::close(null);
}

}  // namespace

void mount_file_systems() {
  for (const auto& [source, target, type] : kMounts) {
    ::mkdir(target, 0755);
    ::mount(source, target, type, 0, nullptr);
  }
  for (const char* directory : kScratch) ::mkdir(directory, 01777);
  open_standard_descriptors();
}

// Stacks of blocked tasks, of which a finding is made, come at the level "info".
void raise_console_level() {
  const Fd level(::open("/proc/sys/kernel/printk", O_WRONLY | O_CLOEXEC));
  [[maybe_unused]] const auto put = ::write(level.get(), "8", 1);
}

int kernel_log() {
  static const int fd = ::open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NONBLOCK);
  return fd;
}

void say(std::string_view text) {
  const std::string line = fmt::format("<3>bioscope: {}\n", text);
  [[maybe_unused]] const auto put = ::write(kernel_log(), line.data(), line.size());
}

Status bring_up_cpus() {
  const long present = ::sysconf(_SC_NPROCESSORS_CONF);
  for (long cpu = 1; cpu < present; ++cpu) {
    const auto knob = fmt::format("/sys/devices/system/cpu/cpu{}/online", cpu);
    // The first CPU has none, nor has any where no CPU can be taken out: those are all online.
    const Fd fd(::open(knob.c_str(), O_RDWR | O_CLOEXEC));
    if (!fd) continue;
    char state = 0;
    if (::pread(fd.get(), &state, 1, 0) == 1 && state == '1') continue;
    if (::pwrite(fd.get(), "1", 1, 0) != 1) return os_error(errno, "cannot bring up CPU {}", cpu);
  }
  return {};
}

void power_off() {
  // Behind a hung device sync never returns.
  std::thread([] {
    ::sync();
    ::reboot(RB_POWER_OFF);
  }).detach();
  std::this_thread::sleep_for(kSyncLimit);
  ::reboot(RB_POWER_OFF);
  for (;;) ::pause();
}

bool tasks_preempt(std::string_view knob, std::string_view version) {
  if (!knob.empty()) return knob.contains("(full)") || knob.contains("(lazy)");
  return version.contains(" PREEMPT ") || version.contains(" PREEMPT_RT ");
}

bool tasks_preempt() {
  utsname names{};
  ::uname(&names);
  return tasks_preempt(read_file("/sys/kernel/debug/sched/preempt").value_or(std::string()),
                       names.version);
}

std::uint64_t uptime_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(now.tv_nsec);
}

std::string build_id(std::string_view notes) {
  const auto aligned = [](std::size_t size) { return (size + 3) & ~std::size_t{3}; };
  while (notes.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr header;
    std::memcpy(&header, notes.data(), sizeof header);
    notes.remove_prefix(sizeof header);
    const std::size_t name = aligned(header.n_namesz);
    const std::size_t whole = name + aligned(header.n_descsz);
    if (whole > notes.size()) return {};
    if (header.n_type == NT_GNU_BUILD_ID &&
        notes.substr(0, header.n_namesz) == std::string_view(ELF_NOTE_GNU, sizeof ELF_NOTE_GNU)) {
      std::string hex;
      for (const char byte : notes.substr(name, header.n_descsz))
        hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
      return hex;
    }
    notes.remove_prefix(whole);
  }
  return {};
}

wire::Hello describe_kernel() {
  utsname names{};
  ::uname(&names);
  std::error_code missing;
  return {
      .abi = BSC_ABI_VERSION,
      .version = kVersion,
      .release = names.release,
      .banner = names.version,
      .build_id = build_id(read_file("/sys/kernel/notes").value_or("")),
      .cpus = static_cast<std::uint32_t>(::sysconf(_SC_NPROCESSORS_CONF)),
      .btf = std::filesystem::exists("/sys/kernel/btf/vmlinux", missing),
      .text_begin = text_begin(),
      .uptime_ns = uptime_ns(),
  };
}

}  // namespace bioscope::agent

// SPDX-License-Identifier: GPL-2.0-only
#include "guest/agent/init.h"

#include <sys/mman.h>

#include <new>
#include <span>
#include <thread>

#include "bioscope_version.h"
#include "guest/agent/control.h"
#include "guest/agent/layout.h"
#include "guest/agent/modprobe.h"
#include "guest/agent/modules.h"
#include "guest/agent/symbols.h"
#include "guest/agent/system.h"
#include "guest/agent/trial.h"
#include "harness/base/check.h"

namespace bioscope::agent {
namespace {

constexpr std::chrono::seconds kPortLimit{10};
constexpr std::chrono::seconds kContactLimit{10};

// Without them there is no channel. Where they are built in, the image holds none of them.
constexpr const char* kChannelModules[] = {"virtio_pci", "virtio_console"};
// They tell the host of a panic; which of them the machine has is its own affair.
constexpr const char* kPanicModules[] = {"pvpanic_mmio", "pvpanic_pci"};

[[noreturn]] void give_up(const Error& error) {
  say(fmt::format("{}; switching off", error.what));
  power_off();
}

template <class T>
T required(Result<T> result) {
  if (!result) give_up(result.error());
  return std::move(*result);
}

void load_known(const Modules& modules, std::span<const char* const> names) {
  for (const char* name : names) {
    if (!modules.knows(name)) continue;
    if (const auto loaded = modules.load(name); !loaded) say(loaded.error().what);
  }
}

// Shared with the scenario's process, which may die at any time.
std::atomic<std::uint64_t>& shared_counter() {
  void* page = ::mmap(nullptr, sizeof(std::atomic<std::uint64_t>), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  BSC_CHECK(page != MAP_FAILED);
  return *new (page) std::atomic<std::uint64_t>(0);
}

}  // namespace

void run_as_init() {
  mount_file_systems();
  raise_console_level();
  say(fmt::format("agent {} is pid 1", kVersion));
  const auto modules = required(Modules::open());
  load_known(modules, kChannelModules);

  auto& progress = shared_counter();
  Control control(required(Port::open(kControlPort, kPortLimit)), progress);
  auto trace = required(Port::open(kTracePort, kPortLimit));
  if (!control.wait_for_host(kContactLimit))
    give_up({Blame::kGuest, 0, "nobody listens on the control port"});
  control.send(describe_kernel());
  control.start();
  if (const auto serving = serve_module_requests(
          [&control](const wire::ModuleLoaded& loaded) { control.send(loaded); });
      !serving)
    control.send(wire::Log{serving.error().what});
  load_known(modules, kPanicModules);

  run_trial(control.wait_for_start(),
            {.control = control, .trace = trace, .modules = modules, .progress = progress});
}

}  // namespace bioscope::agent

// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/sweep.h"

#include <signal.h>

#include "harness/machine/directory.h"
#include "harness/machine/proc.h"
#include "harness/machine/root.h"

namespace bioscope::machine {
namespace {

namespace fs = std::filesystem;

constexpr int kEndMilliseconds = 2000;

// Every QEMU that libvirt starts has its files there; nobody looks at a log there by accident.
bool belongs_to(const std::string& arguments, const fs::path& root) {
  return arguments.find(root.native() + "/lib/qemu/") != std::string::npos;
}

void end_processes(const fs::path& root, Swept& swept) {
  const auto leftovers = find_processes(
      [&](const Process& process) { return belongs_to(command_line(process.pid), root); });
  for (const auto& process : leftovers) {
    const Fd held = hold(process);
    if (!held || !send_signal(held, SIGKILL)) continue;
    ends_within(held, kEndMilliseconds);
    swept.processes.push_back(process.pid);
  }
}

}  // namespace

Result<Swept> sweep() {
  BSC_TRY_ASSIGN(const auto parent, roots_directory());
  return sweep(parent);
}

Result<Swept> sweep(const fs::path& parent) {
  Swept swept;
  for (const auto& path : entries_of(parent)) {
    if (path.extension() != ".lock") continue;
    BSC_TRY_ASSIGN(const Fd lock, try_lock(path));
    if (!lock) continue;
    auto root = path;
    root.replace_extension();
    end_processes(root, swept);
    remove_root(root);
    swept.roots.push_back(root);
  }
  return swept;
}

}  // namespace bioscope::machine

// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/sweep.h"

#include "harness/machine/directory.h"
#include "harness/machine/root.h"

namespace bioscope::machine {

Result<Swept> sweep() {
  BSC_TRY_ASSIGN(const auto parent, roots_directory());
  return sweep(parent);
}

Result<Swept> sweep(const std::filesystem::path& parent) {
  Swept swept;
  for (const auto& path : entries_of(parent)) {
    if (path.extension() != ".lock") continue;
    BSC_TRY_ASSIGN(const Fd lock, try_lock(path));
    if (!lock) continue;
    auto root = path;
    root.replace_extension();
    const auto ended = end_processes(root);
    swept.processes.insert(swept.processes.end(), ended.begin(), ended.end());
    remove_root(root);
    swept.roots.push_back(root);
  }
  return swept;
}

}  // namespace bioscope::machine

// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/directory.h"

#include <system_error>

namespace bioscope::machine {

std::vector<std::filesystem::path> entries_of(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> entries;
  std::error_code code;
  auto entry = std::filesystem::directory_iterator(directory, code);
  for (; !code && entry != std::filesystem::directory_iterator(); entry.increment(code))
    entries.push_back(entry->path());
  return entries;
}

}  // namespace bioscope::machine

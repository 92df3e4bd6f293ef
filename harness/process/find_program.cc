// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include <cstdlib>

#include "harness/process/process.h"

namespace bioscope::process {

std::optional<std::filesystem::path> find_program(std::string_view name) {
  if (name.empty() || name.find('/') != std::string_view::npos) return std::nullopt;
  const char* path = std::getenv("PATH");
  const std::string places = fmt::format("{}:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin");
  for (std::size_t start = 0; start <= places.size();) {
    const std::size_t end = std::min(places.find(':', start), places.size());
    const std::filesystem::path folder = places.substr(start, end - start);
    start = end + 1;
    if (!folder.is_absolute()) continue;  // the current directory is no place for programs
    auto candidate = folder / name;
    std::error_code ignored;
    if (std::filesystem::is_regular_file(candidate, ignored) &&
        ::access(candidate.c_str(), X_OK) == 0)
      return candidate;
  }
  return std::nullopt;
}

}  // namespace bioscope::process

// SPDX-License-Identifier: GPL-2.0-only
#include "guest/agent/surroundings.h"

#include <sstream>

#include <fmt/format.h>

#include "harness/base/file.h"

namespace bioscope::agent {
namespace {

namespace fs = std::filesystem;

std::string first_line(const fs::path& path) {
  auto text = read_file(path).value_or("");
  return text.substr(0, text.find('\n'));
}

// Names in a folder that may not be there.
std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code))
    found.push_back(it->path());
  return found;
}

template <class Take>
void each_line(const fs::path& path, const Take& take) {
  std::istringstream text(read_file(path).value_or(""));
  for (std::string line; std::getline(text, line);) take(line);
}

void groups_below(const fs::path& group, const fs::path& root, Surroundings& seen) {
  for (const auto& path : entries(group)) {
    std::error_code code;
    if (!fs::is_directory(path, code)) continue;
    seen.insert(fmt::format("group {}", path.lexically_relative(root).string()));
    groups_below(path, root, seen);
  }
}

}  // namespace

std::vector<std::string> list_disks(const fs::path& root) {
  std::vector<std::string> names;
  for (const auto& disk : entries(root / "sys/block")) names.push_back(disk.filename().string());
  return names;
}

Surroundings look_around(const fs::path& root) {
  Surroundings seen;
  // A loop device is always there, and has a size while it is in use.
  for (const auto& disk : entries(root / "sys/block"))
    seen.insert(
        fmt::format("disk {} of {} sectors", disk.filename().string(), first_line(disk / "size")));
  // Where it lies tells one that was loaded again.
  each_line(root / "proc/modules", [&](const std::string& line) {
    std::istringstream words(line);
    std::string name, size, users, by, state, address;
    words >> name >> size >> users >> by >> state >> address;
    seen.insert(fmt::format("module {} at {}", name, address));
  });
  each_line(root / "proc/self/mountinfo", [&](const std::string& line) {
    std::istringstream words(line);
    std::string id, parent, device, part, place;
    words >> id >> parent >> device >> part >> place;
    // Who needs it mounts it, and it holds nothing but what is looked at below.
    if (place != "/sys/kernel/config") seen.insert(fmt::format("mount {}", place));
  });
  const auto groups = root / "sys/fs/cgroup";
  groups_below(groups, groups, seen);
  each_line(groups / "cgroup.stat", [&](const std::string& line) {
    if (line.starts_with("nr_dying_descendants ")) seen.insert(line);
  });
  for (const char* folder : {"sys/bus/nd/devices", "sys/fs/bcache", "sys/kernel/config/nullb"})
    for (const auto& path : entries(root / folder))
      if (std::error_code code; fs::is_directory(path, code))
        seen.insert(fmt::format("{}/{}", folder, path.filename().string()));
  seen.insert(fmt::format("taint {}", first_line(root / "proc/sys/kernel/tainted")));
  return seen;
}

std::vector<std::string> differences(const Surroundings& before, const Surroundings& after) {
  std::vector<std::string> lines;
  for (const auto& line : after)
    if (!before.contains(line)) lines.push_back("left: " + line);
  for (const auto& line : before)
    if (!after.contains(line)) lines.push_back("gone: " + line);
  return lines;
}

}  // namespace bioscope::agent

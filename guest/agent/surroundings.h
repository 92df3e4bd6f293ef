// SPDX-License-Identifier: GPL-2.0-only
// Surroundings: what a scenario may leave behind in a guest, as lines that can be compared: disks,
// modules, groups, mounts, the kernel's taint. While any of it differs from how it was before the
// scenario ran, no other trial comes into this boot.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace bioscope::agent {

using Surroundings = std::set<std::string>;

// Below `root`, "/" in a guest.
Surroundings look_around(const std::filesystem::path& root);

// Names of all disks.
std::vector<std::string> list_disks(const std::filesystem::path& root);

// "left: disk dm-0 of 8 sectors", "gone: module brd at 0x0"; nothing if they are the same.
std::vector<std::string> differences(const Surroundings& before, const Surroundings& after);

}  // namespace bioscope::agent

// SPDX-License-Identifier: GPL-2.0-only
// Packages: fetches and unpacks Debian packages into the cache with a private apt state, without
// root; the user's sources are read, the user's system is never changed. What is cached needs no
// network and costs milliseconds. Callers in several processes at once are safe.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::package {

struct Options {
  std::filesystem::path cache{};          // ~/.cache/bioscope; we own its folder "package"
  std::filesystem::path etc{"/etc/apt"};  // apt's configuration: sources, keys, preferences
  // An older index is refreshed before it is asked; when that fails, the old one serves on.
  std::chrono::seconds index_age = std::chrono::hours(24);
  std::function<void(std::string_view)> progress{};
};

// PACKAGE is a name ("mdadm": its candidate) or NAME=VERSION. A package that the sources do not
// have is a usage error; apt that cannot fetch it is a host error.

// The directory that holds the package's unpacked files: DIR/usr/sbin/mdadm.
Result<std::filesystem::path> unpacked(std::string_view package, const Options& options);

// Of several packages, in the same order; quicker than one after the other.
Result<std::vector<std::filesystem::path>> unpacked(const std::vector<std::string>& packages,
                                                    const Options& options);

// The version that apt would install: "4.2-5".
Result<std::string> candidate(std::string_view package, const Options& options);

// Names in Pre-Depends and Depends, without versions; of alternatives the first.
Result<std::vector<std::string>> depends(std::string_view package, const Options& options);

}  // namespace bioscope::package

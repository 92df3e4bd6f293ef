// SPDX-License-Identifier: GPL-2.0-only
// Apt: apt-get and apt-cache on a state of our own. Knows the index and its age, records of
// packages and downloads; nothing of unpacked trees. One caller at a time: hold the lock.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/package/package.h"

namespace bioscope::package {

class Apt {
 public:
  Apt(std::filesystem::path root, const Options& options)
      : root_(std::move(root)), options_(options) {}

  // Whether the index is younger than Options::index_age.
  bool fresh() const;

  // Fetches the index anew. An error only if there is then no index at all: a source that does
  // not answer leaves what it said before, is reported, and is asked again a good deal sooner.
  Status refresh();

  // The control record of PACKAGE, of its candidate if no version is given; nothing if the
  // sources do not have it.
  Result<std::optional<std::string>> show(std::string_view package) const;

  // Puts the .deb of NAME=VERSION into `directory`; its path.
  Result<std::filesystem::path> download(std::string_view package,
                                         const std::filesystem::path& directory) const;

 private:
  Result<std::vector<std::string>> command(std::string_view program) const;
  bool has_index() const;
  std::filesystem::path stamp() const { return root_ / "refreshed"; }

  std::filesystem::path root_;
  const Options& options_;
};

}  // namespace bioscope::package

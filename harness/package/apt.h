// SPDX-License-Identifier: GPL-2.0-only
// Apt: apt-get and apt-cache on a state of our own. Knows the index and its age, records of
// packages and downloads; nothing of unpacked trees. One caller at a time: hold the lock.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/package/package.h"
#include "harness/package/record.h"

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

  // The control records of those packages that the sources have; of candidates if no version is
  // given.
  Result<std::vector<std::string>> show(const std::vector<Reference>& packages) const;

  // Puts the .deb files of packages with versions into `directory`; their paths, in this order.
  Result<std::vector<std::filesystem::path>> download(const std::vector<Reference>& packages,
                                                      const std::filesystem::path& directory) const;

 private:
  Result<std::vector<std::string>> command(std::string_view program) const;
  bool has_index() const;
  std::filesystem::path stamp() const { return root_ / "refreshed"; }

  std::filesystem::path root_;
  const Options& options_;
};

}  // namespace bioscope::package

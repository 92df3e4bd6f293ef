// SPDX-License-Identifier: GPL-2.0-only
// WorkTree: a source tree of our own whose files are at any time those of the base with one
// overlay. Only files whose content changes are written, so that make rebuilds only what hangs on
// them. A crash at any moment leaves what the next sync() mends. One user at a time. This folder
// only.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "harness/base/result.h"

namespace bioscope::kbuild {

struct FileContent {
  std::string bytes{};
  bool executable = false;
  bool operator==(const FileContent&) const = default;
};

// What a series leaves of the files that it touches; nothing: the file is not there.
using Overlay = std::map<std::string, std::optional<FileContent>>;

class WorkTree {
 public:
  // `place` holds tree/ (filled with the base by the caller), originals/ and changed.
  static Result<WorkTree> open(const std::filesystem::path& place);

  std::filesystem::path root() const { return place_ / "tree"; }

  // A file of the base, whatever overlay is in place.
  Result<std::optional<FileContent>> original(const std::string& path) const;

  // Makes the tree the base with this overlay.
  Status sync(const Overlay& overlay);

 private:
  explicit WorkTree(std::filesystem::path place) : place_(std::move(place)) {}
  Status keep_original(const std::string& path);
  Status write_changed(const std::set<std::string>& changed);
  std::filesystem::path kept(const std::string& path) const { return place_ / "originals" / path; }

  std::filesystem::path place_;
  std::set<std::string> changed_{};  // may differ from the base
};

// Nothing if there is no such file.
Result<std::optional<FileContent>> read_content(const std::filesystem::path& path);

Status write_content(const std::filesystem::path& path, const FileContent& content);

}  // namespace bioscope::kbuild

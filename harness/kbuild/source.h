// SPDX-License-Identifier: GPL-2.0-only
// Sources: what --source names, as a tree of the cache that nobody else writes to. What the user
// named is only read. This folder only.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/package/package.h"
#include "harness/series/series.h"

namespace bioscope::kbuild {

enum class SourceKind { kDebian, kTree, kTar };

struct SourceSpec {
  SourceKind kind{};
  std::string value{};     // the series of the package, or the path
  std::string revision{};  // of a tree: as given; empty for what is checked out
};

// debian:6.1[=VERSION] | tree:PATH[@REV] | tar:FILE
Result<SourceSpec> parse_source(std::string_view text);

// A source of which it is known what it holds.
struct Source {
  std::string spec{};     // as given
  std::string label{};    // for names of kernels: "6.1", "linux-fix"
  std::string version{};  // package version, commit, digest of the file
  std::string content{};  // the same for the same files, whatever it is called
  std::string place{};    // folder of the kept tree: one per package version, repository, file
  std::filesystem::path repository{};  // of a tree
  std::filesystem::path archive{};     // of the others; empty until fetch()
  std::string package{};               // "linux-source-6.1=6.1.192-1"
};

// A usage error for what is not there, is no kernel source or has changes that are in no commit.
Result<Source> resolve(std::string_view spec, const package::Options& packages);

// Makes `place`/tree hold the source's files. The stamp `place`/content says what it held so far.
Status fill(const Source& source, const std::filesystem::path& place,
            const package::Options& packages);

// The commits of git:REV1..REV2 in a tree's repository.
Result<std::vector<series::Patch>> patches_of_range(const Source& source, std::string_view range);

}  // namespace bioscope::kbuild

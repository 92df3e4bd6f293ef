// SPDX-License-Identifier: GPL-2.0-only
// Series: patches in the order in which they apply, out of what people have: a quilt directory, the
// files of git format-patch, an mbox, one patch. Reads files only; who applies them is not known.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::series {

struct Patch {
  std::string name{};     // what errors call it: its file, or its subject in an mbox
  std::string subject{};  // without [PATCH n/m]; empty if it has none
  std::string author{};   // "Name <name@example.org>"; empty if it does not say
  bool reverse = false;   // it takes back what it did
  unsigned strip = 1;     // components of its paths that do not count, as in -p1
  std::string diff{};     // from the first line of the diff on
};

// A directory with a quilt `series` or with NNNN-*.patch files, an mbox, or a single patch. Cover
// letters and replies are left out. A usage error if no patch is left; it names the path.
Result<std::vector<Patch>> read(const std::filesystem::path& path);

// The patches of an mbox or of one mail or bare patch; `name` is what one without a subject is
// called. Takes hostile input. Empty if there is no diff in it.
Result<std::vector<Patch>> parse(std::string_view text, std::string_view name);

struct QuiltEntry {
  std::string file{};
  unsigned strip = 1;
};

// The lines of a quilt `series` file.
Result<std::vector<QuiltEntry>> parse_quilt(std::string_view text);

}  // namespace bioscope::series

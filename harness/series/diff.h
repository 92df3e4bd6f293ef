// SPDX-License-Identifier: GPL-2.0-only
// The outline of a diff: which files it changes and where its hunks begin. Takes hostile input and
// never fails: what cannot be understood is left to whoever applies the diff.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bioscope::series {

struct Hunk {
  unsigned long old_start = 0;
  std::string header{};  // "@@ -10,7 +10,8 @@ dm_submit_bio"
};

struct FileChange {
  std::string before{};  // empty for a new file
  std::string after{};   // empty for a removed one
  std::vector<Hunk> hunks{};
};

// Where the diff begins in a mail's or a patch's text; npos if there is none.
std::size_t find_diff(std::string_view text);

// Paths are without their first `strip` components.
std::vector<FileChange> outline(std::string_view diff, unsigned strip);

}  // namespace bioscope::series

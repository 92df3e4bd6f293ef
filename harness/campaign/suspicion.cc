// SPDX-License-Identifier: GPL-2.0-only
#include "harness/campaign/suspicion.h"

#include <algorithm>
#include <map>
#include <set>

#include "harness/series/diff.h"

namespace bioscope::campaign {
namespace {

// How much sooner such a patch is tried. Where the guess is wrong, the search costs about one
// kernel more than without it.
constexpr double kNoCode = 0.1;
constexpr double kElsewhere = 1;
constexpr double kSameFile = 16;
constexpr double kSameFunction = 64;

// Functions by the file that they are in.
using Calls = std::map<std::string, std::set<std::string>, std::less<>>;

Calls calls_of(std::span<const std::string> frames) {
  Calls calls;
  for (const std::string_view frame : frames) {
    const auto open = frame.rfind(" (");
    const auto colon = frame.rfind(':');
    if (open == frame.npos || colon == frame.npos || colon < open) continue;
    const auto file = frame.substr(open + 2, colon - open - 2);
    calls[std::string(file)].emplace(frame.substr(0, frame.find_first_of("+ (")));
  }
  return calls;
}

// What no kernel is made of.
bool is_prose(std::string_view path) {
  return path.starts_with("Documentation/") || path == "MAINTAINERS" || path.ends_with(".rst") ||
         path.ends_with(".md");
}

// "@@ -976,6 +976,8 @@ static void __dm_io_complete(struct dm_io *io, bool first_stage)"
bool names(std::string_view header, std::string_view function) {
  const auto part_of_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  for (std::size_t at = 0; (at = header.find(function, at)) != header.npos; ++at) {
    const auto end = at + function.size();
    if ((at == 0 || !part_of_name(header[at - 1])) &&
        (end == header.size() || !part_of_name(header[end])))
      return true;
  }
  return false;
}

}  // namespace

Suspicion suspicion(std::span<const series::Patch> patches, std::span<const std::string> frames) {
  const Calls calls = calls_of(frames);
  Suspicion result;
  std::set<std::string> files;
  for (const auto& patch : patches) {
    const auto changes = series::outline(patch.diff, patch.strip);
    const auto path = [](const series::FileChange& change) -> const std::string& {
      return change.before.empty() ? change.after : change.before;
    };
    const bool code = changes.empty() || !std::ranges::all_of(changes, is_prose, path);
    double weight = code ? kElsewhere : kNoCode;
    for (const auto& change : changes) {
      const auto called = calls.find(path(change));
      if (called == calls.end()) continue;
      files.insert(called->first);
      const bool same = std::ranges::any_of(change.hunks, [&](const auto& hunk) {
        return std::ranges::any_of(
            called->second, [&](const auto& function) { return names(hunk.header, function); });
      });
      weight = std::max(weight, same ? kSameFunction : kSameFile);
    }
    result.weights.push_back(weight);
  }
  result.files.assign(files.begin(), files.end());
  return result;
}

}  // namespace bioscope::campaign

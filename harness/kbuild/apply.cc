// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kbuild/apply.h"

#include <algorithm>

#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/process/process.h"
#include "harness/series/diff.h"

namespace bioscope::kbuild {
namespace {

namespace fs = std::filesystem;

bool is_inside(const fs::path& path) {
  if (path.empty() || path.is_absolute()) return false;
  return std::ranges::none_of(path,
                              [](const auto& part) { return part == ".." || part == ".git"; });
}

class Applier {
 public:
  Applier(const Original& original, fs::path scratch)
      : original_(original), scratch_(std::move(scratch)) {}

  Status add(const series::Patch& patch) {
    if (patch.diff.empty()) return {};  // a commit that changes no file
    const auto changes = series::outline(patch.diff, patch.strip);
    std::vector<std::string> direction;
    if (patch.reverse) direction.emplace_back("--reverse");
    for (const auto& change : changes)
      for (const auto& path : {change.before, change.after}) {
        if (path.empty()) continue;
        if (!is_inside(path))
          return usage_error("patch {}: it leaves the source tree with {}", patch.name, path);
        BSC_TRY(fetch(path));
      }
    BSC_TRY_ASSIGN(const auto exit, git_apply(patch, direction));
    if (exit.ok()) return {};
    if (patch.reverse)
      return usage_error("patch {} does not revert: later ones changed the same lines", patch.name);
    BSC_TRY_ASSIGN(const auto reverse, git_apply(patch, {"--check", "--reverse"}));
    return complaint(patch, changes, exit.err, reverse.ok());
  }

  // Files that came out as they went in are not part of it.
  Result<Overlay> overlay() const {
    Overlay result;
    for (const auto& [path, before] : fetched_) {
      BSC_TRY_ASSIGN(auto content, read_content(scratch_ / path));
      if (content != before) result.emplace(path, std::move(content));
    }
    return result;
  }

 private:
  Status fetch(const std::string& path) {
    if (fetched_.contains(path)) return {};
    BSC_TRY_ASSIGN(auto content, original_(path));
    if (content) BSC_TRY(write_content(scratch_ / path, *content));
    fetched_.emplace(path, std::move(content));
    return {};
  }

  Result<process::Exit> git_apply(const series::Patch& patch,
                                  const std::vector<std::string>& options) const {
    std::vector<std::string> argv{"git",
                                  "-c",
                                  "apply.whitespace=nowarn",
                                  "-c",
                                  "core.autocrlf=false",
                                  "apply",
                                  fmt::format("-p{}", patch.strip)};
    argv.insert(argv.end(), options.begin(), options.end());
    // Within somebody's repository it would leave out what that does not track.
    return process::run(
        {.argv = argv,
         .environment = {{"LC_ALL", "C"},
                         {"GIT_DIR", ""},
                         {"GIT_WORK_TREE", ""},
                         {"GIT_CEILING_DIRECTORIES", scratch_.parent_path().string()}},
         .directory = scratch_,
         .input = patch.diff});
  }

  // git says "error: patch failed: FILE:LINE", where LINE is the hunk's in the old file.
  static Status complaint(const series::Patch& patch,
                          const std::vector<series::FileChange>& changes, std::string_view errors,
                          bool reverses) {
    const std::string_view hint = reverses ? "; the source has it already, leave it out" : "";
    constexpr std::string_view kFailed = "error: patch failed: ";
    std::string_view first;
    while (!errors.empty()) {
      const auto line = take_line(errors);
      if (line.starts_with(kFailed)) {
        const auto where = line.substr(kFailed.size());
        const auto colon = where.rfind(':');
        const auto file = where.substr(0, colon);
        return usage_error("patch {} does not apply: {}, {}{}", patch.name, file,
                           hunk(changes, file, where.substr(std::min(colon, where.size()))), hint);
      }
      if (first.empty() && line.starts_with("error: ")) first = line.substr(7);
      if (first.empty() && line.starts_with("fatal: ")) first = line.substr(7);
    }
    return usage_error("patch {} does not apply: {}{}", patch.name,
                       first.empty() ? "git apply gave no reason" : first, hint);
  }

  static std::string hunk(const std::vector<series::FileChange>& changes, std::string_view file,
                          std::string_view colon_line) {
    colon_line.remove_prefix(std::min<std::size_t>(1, colon_line.size()));
    const std::string line(colon_line);
    for (const auto& change : changes) {
      if (change.before != file && change.after != file) continue;
      for (std::size_t i = 0; i < change.hunks.size(); ++i)
        if (std::to_string(change.hunks[i].old_start) == line)
          return fmt::format("hunk {} of {} ({})", i + 1, change.hunks.size(),
                             change.hunks[i].header);
    }
    return fmt::format("the hunk at line {}", line);
  }

  const Original& original_;
  fs::path scratch_;
  Overlay fetched_{};
};

}  // namespace

Result<Overlay> apply(const std::vector<series::Patch>& patches, const Original& original,
                      const fs::path& scratch) {
  std::error_code code;
  fs::remove_all(scratch, code);
  BSC_TRY(make_directories(scratch));
  Applier applier(original, scratch);
  for (const auto& patch : patches) BSC_TRY(applier.add(patch));
  auto overlay = applier.overlay();
  fs::remove_all(scratch, code);
  return overlay;
}

}  // namespace bioscope::kbuild

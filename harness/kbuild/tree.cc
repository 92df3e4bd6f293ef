// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kbuild/tree.h"

#include <sys/stat.h>

#include "harness/base/file.h"
#include "harness/base/text.h"

namespace bioscope::kbuild {
namespace {

namespace fs = std::filesystem;

Status remove_file(const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR)
    return os_error(errno, "cannot remove {}", path.string());
  return {};
}

}  // namespace

Result<std::optional<FileContent>> read_content(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return os_error(errno, "cannot stat {}", path.string());
  }
  BSC_TRY_ASSIGN(auto bytes, read_file(path));
  return FileContent{.bytes = std::move(bytes), .executable = (status.st_mode & S_IXUSR) != 0};
}

Status write_content(const fs::path& path, const FileContent& content) {
  BSC_TRY(make_directories(path.parent_path()));
  BSC_TRY(write_file(path, content.bytes));
  if (::chmod(path.c_str(), content.executable ? 0755 : 0644) != 0)
    return os_error(errno, "cannot set the mode of {}", path.string());
  return {};
}

Result<WorkTree> WorkTree::open(const fs::path& place) {
  WorkTree tree(place);
  std::error_code code;
  if (!fs::exists(place / "changed", code)) return tree;
  BSC_TRY_ASSIGN(const auto text, read_file(place / "changed"));
  for (std::string_view rest = text; !rest.empty();) tree.changed_.emplace(take_line(rest));
  return tree;
}

Result<std::optional<FileContent>> WorkTree::original(const std::string& path) const {
  return read_content(changed_.contains(path) ? kept(path) : root() / path);
}

Status WorkTree::keep_original(const std::string& path) {
  BSC_TRY(remove_file(kept(path)));
  BSC_TRY_ASSIGN(const auto content, read_content(root() / path));
  if (content) BSC_TRY(write_content(kept(path), *content));
  return {};
}

Status WorkTree::write_changed(const std::set<std::string>& changed) {
  std::string text;
  for (const auto& path : changed) text += path + '\n';
  BSC_TRY(write_file(place_ / "changed", text, true));
  changed_ = changed;
  return {};
}

Status WorkTree::sync(const Overlay& overlay) {
  auto wanted = overlay;
  for (const auto& path : changed_)
    if (!wanted.contains(path)) {
      BSC_TRY_ASSIGN(wanted[path], original(path));
    }
  // Whatever happens from here on, every file that may differ stands in the list.
  auto touched = changed_;
  for (const auto& [path, content] : overlay) {
    if (changed_.contains(path)) continue;
    BSC_TRY(keep_original(path));
    touched.insert(path);
  }
  BSC_TRY(write_changed(touched));
  for (const auto& [path, content] : wanted) {
    BSC_TRY_ASSIGN(const auto present, read_content(root() / path));
    if (present == content) continue;
    BSC_TRY(content ? write_content(root() / path, *content) : remove_file(root() / path));
  }
  std::set<std::string> left;
  for (const auto& [path, content] : overlay) left.insert(path);
  return write_changed(left);
}

}  // namespace bioscope::kbuild

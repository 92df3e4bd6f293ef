// SPDX-License-Identifier: GPL-2.0-only
#include "harness/package/package.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <system_error>

#include "harness/base/file.h"
#include "harness/package/apt.h"
#include "harness/package/lock.h"
#include "harness/package/record.h"
#include "harness/process/process.h"

namespace bioscope::package {
namespace {

namespace fs = std::filesystem;

fs::path root_of(const Options& options) { return options.cache / "package"; }

Result<Lock> lock_state(const Options& options) {
  return Lock::take(root_of(options) / "lock/state");
}

Status refresh(Apt& apt, const Options& options) {
  BSC_TRY(apt.refresh());
  std::error_code code;
  fs::remove_all(root_of(options) / "record", code);
  if (code) return os_error(code.value(), "cannot empty {}/record", root_of(options).string());
  return {};
}

// The record of the package in the present index, kept beside it so that asking again is cheap.
Result<std::string> record(const Reference& package, const Options& options) {
  Apt apt(root_of(options), options);
  const auto memo = root_of(options) / "record" / package.text();
  if (apt.fresh())
    if (auto known = read_file(memo)) return known;
  BSC_TRY_ASSIGN(const auto lock, lock_state(options));
  bool asked = false;
  if (!apt.fresh()) {
    if (const auto status = refresh(apt, options); !status) {
      if (auto known = read_file(memo)) return known;
      return std::unexpected(status.error());
    }
    asked = true;
  }
  if (auto known = read_file(memo)) return known;
  BSC_TRY_ASSIGN(auto found, apt.show(package.text()));
  if (!found && !asked) {
    // It may have been published since.
    BSC_TRY(refresh(apt, options));
    BSC_TRY_ASSIGN(found, apt.show(package.text()));
  }
  if (!found)
    return usage_error(
        "the apt sources in {} have no package {}; `apt-cache policy {}` tells "
        "what they have",
        options.etc.string(), package.text(), package.name);
  BSC_TRY(make_directories(memo.parent_path()));
  BSC_TRY(write_file(memo, *found));
  return std::move(*found);
}

// With the version: the candidate's, or the given one if the sources have it.
Result<Reference> resolved(const Reference& package, const Options& options) {
  BSC_TRY_ASSIGN(const auto text, record(package, options));
  return Reference{.name = package.name, .version = field(text, "Version")};
}

Status unpack(const fs::path& deb, const fs::path& tree) {
  BSC_TRY(process::run_checked({.argv = {"dpkg-deb", "-x", deb.string(), tree.string()}}));
  BSC_TRY_ASSIGN(const Fd directory, open_file(tree, O_RDONLY | O_DIRECTORY));
  // After a power cut a renamed tree must not hold empty files.
  if (::syncfs(directory.get()) != 0) return os_error(errno, "cannot sync {}", tree.string());
  return {};
}

fs::path tree_of(const Reference& package, const Options& options) {
  return root_of(options) / "tree" / package.file_name();
}

// Downloads and unpacks aside, then renames; `package` has a version.
Result<fs::path> fetch(const Reference& package, const Options& options) {
  const auto tree = tree_of(package, options);
  BSC_TRY_ASSIGN(const auto lock, Lock::take(root_of(options) / "lock" / package.file_name()));
  std::error_code code;
  if (fs::exists(tree, code)) return tree;
  if (options.progress) options.progress(fmt::format("fetching {}", package.text()));
  // Under the lock, whatever is there was left by a fetch that did not end.
  const auto aside = root_of(options) / "aside" / package.file_name();
  fs::remove_all(aside, code);
  BSC_TRY(make_directories(aside));
  auto fetched = [&]() -> Status {
    BSC_TRY_ASSIGN(const auto deb, Apt(root_of(options), options).download(package.text(), aside));
    BSC_TRY(unpack(deb, aside / "tree"));
    BSC_TRY(make_directories(tree.parent_path()));
    if (::rename((aside / "tree").c_str(), tree.c_str()) != 0)
      return os_error(errno, "cannot write {}", tree.string());
    return {};
  }();
  fs::remove_all(aside, code);
  if (!fetched) return std::unexpected(std::move(fetched).error());
  return tree;
}

}  // namespace

Result<fs::path> unpacked(std::string_view package, const Options& options) {
  BSC_TRY_ASSIGN(const auto wanted, Reference::parse(package));
  std::error_code code;
  if (!wanted.version.empty() && fs::exists(tree_of(wanted, options), code))
    return tree_of(wanted, options);
  BSC_TRY_ASSIGN(auto exact, resolved(wanted, options));
  if (fs::exists(tree_of(exact, options), code)) return tree_of(exact, options);
  if (auto tree = fetch(exact, options)) return tree;
  // The index may name a file that its archive has replaced since.
  {
    BSC_TRY_ASSIGN(const auto lock, lock_state(options));
    Apt apt(root_of(options), options);
    BSC_TRY(refresh(apt, options));
  }
  BSC_TRY_ASSIGN(exact, resolved(wanted, options));
  return fetch(exact, options);
}

Result<std::string> candidate(std::string_view package, const Options& options) {
  BSC_TRY_ASSIGN(const auto wanted, Reference::parse(package));
  BSC_TRY_ASSIGN(auto exact, resolved(wanted, options));
  return std::move(exact.version);
}

Result<std::vector<std::string>> depends(std::string_view package, const Options& options) {
  BSC_TRY_ASSIGN(const auto wanted, Reference::parse(package));
  BSC_TRY_ASSIGN(const auto text, record(wanted, options));
  return dependencies(text);
}

}  // namespace bioscope::package

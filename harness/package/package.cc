// SPDX-License-Identifier: GPL-2.0-only
#include "harness/package/package.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <system_error>

#include "harness/base/file.h"
#include "harness/package/apt.h"
#include "harness/package/lock.h"
#include "harness/package/record.h"
#include "harness/process/process.h"

namespace bioscope::package {
namespace {

namespace fs = std::filesystem;

class Store {
 public:
  explicit Store(const Options& options)
      : options_(options), root_(options.cache / "package"), apt_(root_, options) {}

  // The record of each package in the present index, kept beside it so that asking again is cheap.
  Result<std::vector<std::string>> records(const std::vector<Reference>& packages) {
    if (apt_.fresh())
      if (auto known = kept(packages)) return *std::move(known);
    BSC_TRY_ASSIGN(const auto lock, take_lock());
    const bool fresh = apt_.fresh();
    if (!fresh) {
      if (const auto status = refresh(); !status) {
        if (auto known = kept(packages)) return *std::move(known);
        return std::unexpected(status.error());
      }
    }
    auto found = look_up(packages);
    if (found || found.error().blame != Blame::kUsage || !fresh) return found;
    // It may have been published since.
    BSC_TRY(refresh());
    return look_up(packages);
  }

  Result<std::vector<fs::path>> unpacked(const std::vector<Reference>& packages) {
    if (auto trees = present(packages)) return *std::move(trees);
    BSC_TRY_ASSIGN(auto exact, resolved(packages));
    if (auto fetched = fetch(exact); !fetched) {
      // The index may name a file that its archive has replaced since.
      {
        BSC_TRY_ASSIGN(const auto lock, take_lock());
        BSC_TRY(refresh());
      }
      BSC_TRY_ASSIGN(exact, resolved(packages));
      BSC_TRY(fetch(exact));
    }
    std::vector<fs::path> trees;
    for (const auto& package : exact) trees.push_back(tree_of(package));
    return trees;
  }

  // With versions: the candidate's, or the given one if the sources have it.
  Result<std::vector<Reference>> resolved(const std::vector<Reference>& packages) {
    BSC_TRY_ASSIGN(const auto texts, records(packages));
    auto exact = packages;
    for (std::size_t i = 0; i < exact.size(); ++i) exact[i].version = field(texts[i], "Version");
    return exact;
  }

 private:
  Result<Lock> take_lock() const { return Lock::take(root_ / ".lock"); }
  fs::path record_of(const Reference& package) const { return root_ / "record" / package.text(); }
  fs::path tree_of(const Reference& package) const { return root_ / "tree" / package.file_name(); }

  Status refresh() {
    BSC_TRY(apt_.refresh());
    std::error_code code;
    fs::remove_all(root_ / "record", code);
    if (code) return os_error(code.value(), "cannot empty {}/record", root_.string());
    return {};
  }

  std::optional<std::vector<std::string>> kept(const std::vector<Reference>& packages) const {
    std::vector<std::string> texts;
    for (const auto& package : packages) {
      auto text = read_file(record_of(package));
      if (!text) return std::nullopt;
      texts.push_back(std::move(*text));
    }
    return texts;
  }

  Result<std::vector<std::string>> look_up(const std::vector<Reference>& packages) {
    std::vector<Reference> unknown;
    for (const auto& package : packages)
      if (!kept({package})) unknown.push_back(package);
    if (!unknown.empty()) {
      BSC_TRY_ASSIGN(const auto found, apt_.show(unknown));
      BSC_TRY(make_directories(root_ / "record"));
      for (const auto& package : unknown) {
        const auto record = std::ranges::find_if(found, [&](const auto& text) {
          return field(text, "Package") == package.name &&
                 (package.version.empty() || field(text, "Version") == package.version);
        });
        if (record == found.end())
          return usage_error(
              "the apt sources in {} have no package {}; `apt-cache policy {}` "
              "tells what they have",
              options_.etc.string(), package.text(), package.name);
        BSC_TRY(write_file(record_of(package), *record));
      }
    }
    auto texts = kept(packages);
    if (!texts) return host_error("cannot read {}/record", root_.string());
    return *std::move(texts);
  }

  // The trees, if versions are given and all are there.
  std::optional<std::vector<fs::path>> present(const std::vector<Reference>& packages) const {
    std::vector<fs::path> trees;
    std::error_code code;
    for (const auto& package : packages) {
      if (package.version.empty() || !fs::exists(tree_of(package), code)) return std::nullopt;
      trees.push_back(tree_of(package));
    }
    return trees;
  }

  // Downloads and unpacks aside, then renames; the packages have versions.
  Status fetch(const std::vector<Reference>& packages) {
    if (present(packages)) return {};
    BSC_TRY_ASSIGN(const auto lock, take_lock());
    std::vector<Reference> absent;
    for (const auto& package : packages)
      if (!present({package})) absent.push_back(package);
    if (absent.empty()) return {};
    if (options_.progress)
      for (const auto& package : absent)
        options_.progress(fmt::format("fetching {}", package.text()));
    // Under the lock, whatever is there was left by a fetch that did not end.
    const auto aside = root_ / "aside";
    std::error_code code;
    fs::remove_all(aside, code);
    BSC_TRY(make_directories(aside));
    auto fetched = [&]() -> Status {
      BSC_TRY_ASSIGN(const auto files, apt_.download(absent, aside));
      for (std::size_t i = 0; i < absent.size(); ++i)
        BSC_TRY(unpack(files[i], aside / "tree", tree_of(absent[i])));
      return {};
    }();
    fs::remove_all(aside, code);
    return fetched;
  }

  Status unpack(const fs::path& deb, const fs::path& aside, const fs::path& tree) const {
    BSC_TRY(process::run_checked({.argv = {"dpkg-deb", "-x", deb.string(), aside.string()}}));
    BSC_TRY_ASSIGN(const Fd directory, open_file(aside, O_RDONLY | O_DIRECTORY));
    // After a power cut a renamed tree must not hold empty files.
    if (::syncfs(directory.get()) != 0) return os_error(errno, "cannot sync {}", aside.string());
    BSC_TRY(make_directories(tree.parent_path()));
    if (::rename(aside.c_str(), tree.c_str()) != 0)
      return os_error(errno, "cannot write {}", tree.string());
    return {};
  }

  const Options& options_;
  fs::path root_;
  Apt apt_;
};

}  // namespace

Result<std::vector<fs::path>> unpacked(const std::vector<std::string>& packages,
                                       const Options& options) {
  std::vector<Reference> wanted;
  for (const auto& package : packages) {
    BSC_TRY_ASSIGN(wanted.emplace_back(), Reference::parse(package));
  }
  return Store(options).unpacked(wanted);
}

Result<fs::path> unpacked(std::string_view package, const Options& options) {
  BSC_TRY_ASSIGN(auto trees, unpacked(std::vector{std::string(package)}, options));
  return std::move(trees.front());
}

Result<std::string> candidate(std::string_view package, const Options& options) {
  BSC_TRY_ASSIGN(const auto wanted, Reference::parse(package));
  BSC_TRY_ASSIGN(auto exact, Store(options).resolved({wanted}));
  return std::move(exact.front().version);
}

Result<std::vector<std::string>> depends(std::string_view package, const Options& options) {
  BSC_TRY_ASSIGN(const auto wanted, Reference::parse(package));
  BSC_TRY_ASSIGN(const auto texts, Store(options).records({wanted}));
  return dependencies(texts.front());
}

}  // namespace bioscope::package

// SPDX-License-Identifier: GPL-2.0-only
#include "harness/image/tool.h"

#include "harness/image/image.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <system_error>
#include <unordered_map>

#include "harness/image/library.h"
#include "harness/process/process.h"

namespace bioscope::image {
namespace {

namespace fs = std::filesystem;

struct Tool {
  std::string_view name;
  std::string_view package;
};

// One line per package, with what a scenario wants of it.
constexpr Tool kTools[] = {
    // Devices under test that have no ioctl interface worth speaking ourselves.
    {"mdadm", "mdadm"},
    {"bcache", "bcache-tools"},
    {"make-bcache", "bcache-tools"},
    {"cryptsetup", "cryptsetup-bin"},
    {"dmsetup", "dmsetup"},
    // NVDIMM namespaces: sector mode (BTT), fsdax, labels.
    {"ndctl", "ndctl"},
    {"daxctl", "daxctl"},
    // Load.
    {"fio", "fio"},
    // Block devices as users handle them.
    {"blkid", "util-linux"},
    {"blkdiscard", "util-linux"},
    {"blockdev", "util-linux"},
    {"blkzone", "util-linux"},
    {"lsblk", "util-linux"},
    {"wipefs", "util-linux"},
    {"losetup", "mount"},
    {"mount", "mount"},
    {"umount", "mount"},
    // File systems on top.
    {"mkfs.ext4", "e2fsprogs"},
    {"e2fsck", "e2fsprogs"},
    {"debugfs", "e2fsprogs"},
    {"mkfs.xfs", "xfsprogs"},
    {"xfs_io", "xfsprogs"},
    {"xfs_repair", "xfsprogs"},
    // A reproducer that does not do what it should.
    {"strace", "strace"},
    // Questions that no probe of ours asks; brings LLVM, so give the guest 2 GiB.
    {"bpftrace", "bpftrace"},
    // The shell of `exec --shell` and of scripts; static, so that it brings no libraries.
    {"busybox", "busybox-static"},
};

const Tool* find(std::string_view tool) {
  const auto found = std::ranges::find(kTools, tool, &Tool::name);
  return found == std::end(kTools) ? nullptr : &*found;
}

Result<std::string> package_of(std::string_view tool) {
  if (const Tool* known = find(tool)) return std::string(known->package);
  return usage_error("the guest tool {}: {}", tool, no_package());
}

// Unpacked packages laid over each other; more of the dependencies are unpacked as libraries are
// found missing.
class PackageSystem final : public System {
 public:
  explicit PackageSystem(const package::Options& options) : options_(options) {}

  Status add(const std::vector<std::string>& packages) {
    BSC_TRY_ASSIGN(const auto trees, package::unpacked(packages, options_));
    for (std::size_t i = 0; i < trees.size(); ++i) {
      known_.insert(packages[i]);
      if (std::ranges::find(trees_, trees[i]) != trees_.end()) continue;
      trees_.push_back(trees[i]);
      for (const char* folder : {"bin", "sbin", "lib", "lib64", "usr"}) list(trees[i], folder);
      BSC_TRY_ASSIGN(const auto depends, package::depends(packages[i], options_));
      for (const auto& name : depends)
        if (known_.insert(name).second) waiting_.push_back(name);
    }
    return {};
  }

  std::optional<fs::path> file(const fs::path& path) const override {
    auto wanted = path;
    for (int links = 0; links < 16; ++links) {
      const auto name = guest_path(wanted.string());
      const auto found = name ? files_.find(*name) : files_.end();
      if (found == files_.end()) return std::nullopt;
      std::error_code code;
      const auto target = fs::read_symlink(found->second, code);
      if (code) return found->second;
      wanted = fs::path(*name).parent_path() / target;
    }
    return std::nullopt;
  }

  std::vector<fs::path> directories() const override {
    return {"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib", "/usr/lib"};
  }

  Result<bool> more(const std::vector<std::string>& libraries) override {
    const auto named =
        std::stable_partition(waiting_.begin(), waiting_.end(), [&](const auto& package) {
          return std::ranges::none_of(
              libraries, [&](const auto& library) { return is_package_of(package, library); });
        });
    std::vector<std::string> next(named, waiting_.end());
    waiting_.erase(named, waiting_.end());
    if (!next.empty()) {
      BSC_TRY(add(next));
      return true;
    }
    // No name tells where they are: the rest one by one, packages of libraries first.
    std::ranges::stable_partition(waiting_,
                                  [](const auto& name) { return name.starts_with("lib"); });
    while (!waiting_.empty()) {
      const auto package = waiting_.front();
      waiting_.erase(waiting_.begin());
      const auto status = add({package});
      if (status) return true;
      // A virtual package; what provides it is no library's home.
      if (status.error().blame != Blame::kUsage) return std::unexpected(status.error());
    }
    return false;
  }

 private:
  // By Debian's policy libudev.so.1 is in libudev1, libnl-3.so.200 in libnl-3-200; since the
  // change of time_t some names end with t64.
  static bool is_package_of(std::string_view package, std::string_view library) {
    const auto so = library.find(".so.");
    if (so == library.npos || so == 0) return false;
    std::string name(library.substr(0, so));
    if (std::isdigit(static_cast<unsigned char>(name.back()))) name += '-';
    name += library.substr(so + 4);
    std::ranges::replace(name, '_', '-');
    // The one exception that nearly everything needs.
    if (library == "libz.so.1") return package == "zlib1g";
    return package == name || package == name + "t64";
  }

  // Once, because the search for libraries asks for thousands of paths.
  void list(const fs::path& tree, const fs::path& folder) {
    std::error_code code;
    for (fs::recursive_directory_iterator at(tree / folder, code), end; !code && at != end;
         at.increment(code)) {
      std::error_code unknown;
      if (at->path().filename() == "share" || at->path().filename() == "doc")
        at.disable_recursion_pending();
      else if (at->is_symlink(unknown) || at->is_regular_file(unknown))
        if (const auto name = guest_path("/" + at->path().lexically_relative(tree).string()))
          files_.emplace(*name, at->path());
    }
  }

  const package::Options& options_;
  std::vector<fs::path> trees_;
  std::unordered_map<std::string, fs::path> files_;  // by guest path; links too
  std::set<std::string> known_;
  std::vector<std::string> waiting_;
};

// Where a package keeps its programs.
std::optional<fs::path> program_path(const PackageSystem& system, std::string_view tool) {
  for (const char* folder : {"/usr/sbin", "/sbin", "/usr/bin", "/bin"}) {
    auto path = fs::path(folder) / tool;
    if (system.file(path)) return path;
  }
  return std::nullopt;
}

// A link for each of busybox's commands whose name no other program has.
Status add_applets(Archive& archive, const fs::path& busybox) {
  BSC_TRY_ASSIGN(const auto list,
                 process::run_checked({.argv = {busybox.string(), "--list-full"}}));
  std::string_view rest = list;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const auto name = line.substr(line.rfind('/') + 1);
    const bool taken = std::ranges::any_of(
        std::initializer_list<std::string_view>{"/usr/sbin/", "/usr/bin/"},
        [&](auto folder) { return archive.has(fmt::format("{}{}", folder, name)); });
    if (!name.empty() && !taken)
      BSC_TRY(archive.add_link(fmt::format("/{}", line), "/usr/bin/busybox"));
  }
  return {};
}

}  // namespace

Status add_tools(Archive& archive, const std::vector<std::string>& tools,
                 const package::Options& packages) {
  std::optional<fs::path> busybox;
  for (const auto& tool : tools) {
    // Of its own, so that no other tool's dependencies are searched.
    PackageSystem system(packages);
    BSC_TRY_ASSIGN(const auto package, package_of(tool));
    BSC_TRY(within("guest tool " + tool, system.add({package})));
    const auto path = program_path(system, tool);
    if (!path) return host_error("package {} holds no program {}", package, tool);
    if (tool == kShellTool) busybox = *system.file(*path);
    if (archive.has(path->string())) continue;
    BSC_TRY(archive.add_file(path->string(), *system.file(*path), 0755));
    auto status = add_libraries(archive, system, *path, path->string());
    // The user can do nothing about a package that lacks a dependency.
    if (!status) status.error().blame = Blame::kHost;
    BSC_TRY(within("package " + package, std::move(status)));
  }
  return busybox ? add_applets(archive, *busybox) : Status();
}

bool knows_tool(std::string_view tool) { return find(tool) != nullptr; }

std::string no_package() {
  std::vector<std::string_view> known;
  for (const auto& entry : kTools) known.push_back(entry.name);
  return fmt::format(
      "no package is known for it; known are {}, and --file brings any other program",
      fmt::join(known, ", "));
}

}  // namespace bioscope::image

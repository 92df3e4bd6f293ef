// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kernel/sites.h"

#include <algorithm>
#include <map>

#include <fmt/ranges.h>

#include "harness/base/file.h"
#include "harness/kernel/mapped_file.h"
#include "harness/kernel/modules.h"

namespace bioscope::kernel {
namespace {

constexpr std::string_view kPoint = "bsc_point=";  // include/linux/bioscope.h of the series

std::string plain(std::string_view module) {
  std::string name(module);
  std::ranges::replace(name, '-', '_');
  return name;
}

std::string module_of(std::string_view path) {
  path.remove_prefix(path.find_last_of('/') + 1);
  return plain(path.substr(0, path.find(".ko")));
}

void find_points(std::string_view image, std::set<std::string>& points) {
  for (auto at = image.find(kPoint); at != image.npos; at = image.find(kPoint, at)) {
    at += kPoint.size();
    const auto end = image.find('\0', at);
    if (end == image.npos) return;
    points.emplace(image.substr(at, end - at));
    at = end;
  }
}

// modules.dep: "kernel/a/b.ko: kernel/c/d.ko kernel/e.ko", all dependencies of dependencies too.
Result<std::map<std::string, std::vector<std::string>>> dependencies(
    const std::filesystem::path& modules) {
  BSC_TRY_ASSIGN(const std::string text, read_file(modules / "modules.dep"));
  std::map<std::string, std::vector<std::string>> all;
  std::string_view rest = text;
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const auto colon = line.find(':');
    if (colon == line.npos) continue;
    auto& needs = all[module_of(line.substr(0, colon))];
    line.remove_prefix(colon + 1);
    while (!line.empty()) {
      const auto word = line.substr(0, line.find(' '));
      if (!word.empty()) needs.push_back(module_of(word));
      line.remove_prefix(std::min(line.size(), word.size() + 1));
    }
  }
  return all;
}

}  // namespace

Result<Sites> Sites::open(const Kernel& kernel, std::span<const std::string> modules) {
  Sites sites;
  sites.places_.emplace_back("vmlinux");
  if (kernel.vmlinux.empty()) {
    sites.whole_ = false;
    return sites;
  }
  BSC_TRY_ASSIGN(const auto vmlinux, Btf::of_vmlinux(kernel.vmlinux));
  BSC_TRY_ASSIGN(const auto image, MappedFile::open(kernel.vmlinux));
  find_points(image.bytes(), sites.points_.emplace());
  if (vmlinux) sites.btfs_.push_back(*vmlinux);
  if (modules.empty()) return sites;
  if (kernel.modules.empty()) {
    sites.whole_ = false;
    return sites;
  }

  BSC_TRY_ASSIGN(const auto index, ModuleIndex::read(kernel.modules));
  BSC_TRY_ASSIGN(const auto needed, dependencies(kernel.modules));
  std::set<std::string> wanted;
  for (const std::string& given : modules) {
    const std::string module = plain(given.substr(0, given.find(' ')));
    wanted.insert(module);
    if (const auto it = needed.find(module); it != needed.end())
      wanted.insert(it->second.begin(), it->second.end());
  }
  for (const std::string& module : wanted) {
    const auto file = index.file(module);
    if (!file) continue;
    sites.places_.push_back(module);
    BSC_TRY_ASSIGN(const auto content, read_module(*file));
    find_points(content, *sites.points_);
    if (!vmlinux) continue;
    BSC_TRY_ASSIGN(const auto btf, Btf::of_module(*file, *vmlinux));
    if (btf)
      sites.btfs_.push_back(*btf);
    else
      sites.whole_ = false;
  }
  return sites;
}

std::optional<bool> Sites::has_function(std::string_view name) const {
  if (std::ranges::any_of(btfs_, [&](const Btf& btf) { return btf.has_function(name); }))
    return true;
  return whole_ ? std::optional(false) : std::nullopt;
}

std::string Sites::places() const { return fmt::format("{}", fmt::join(places_, ", ")); }

}  // namespace bioscope::kernel

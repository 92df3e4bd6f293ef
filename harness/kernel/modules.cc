// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kernel/modules.h"

#include <algorithm>

#include "harness/base/file.h"
#include "harness/kernel/decompress.h"
#include "harness/kernel/digest.h"
#include "harness/kernel/elf_file.h"
#include "harness/package/lock.h"
#include "harness/process/process.h"

namespace bioscope::kernel {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestModule = std::size_t{1} << 30;  // with full debug information

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

// "kernel/drivers/md/dm-mod.ko.xz" is dm_mod.
std::string module_name(const fs::path& file) {
  auto name = file.filename().string();
  name.resize(std::min(name.find(".ko"), name.size()));
  std::ranges::replace(name, '-', '_');
  return name;
}

template <class F>
void each_line(std::string_view text, F visit) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// Of the .modinfo section: "6.1.0-56-amd64 SMP preempt mod_unload modversions ".
std::string release_of(std::string_view module) {
  const auto elf = ElfFile::open(module);
  if (!elf) return {};
  auto rest = elf->section(".modinfo").value_or("");
  constexpr std::string_view kKey = "vermagic=";
  while (!rest.empty()) {
    const auto entry = rest.substr(0, rest.find('\0'));
    if (entry.starts_with(kKey))
      return std::string(entry.substr(kKey.size(), entry.find(' ') - kKey.size()));
    rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
  }
  return {};
}

Status index(const fs::path& unpacked, const fs::path& base) {
  const auto release = unpacked.filename();
  const auto place = base / "lib/modules" / release;
  BSC_TRY(make_directories(place));
  std::error_code code;
  fs::create_directory_symlink(unpacked / "kernel", place / "kernel", code);
  for (const char* name : {"modules.order", "modules.builtin", "modules.builtin.modinfo"})
    if (!code && is_file(unpacked / name)) fs::copy_file(unpacked / name, place / name, code);
  if (code) return os_error(code.value(), "cannot fill {}", place.string());
  BSC_TRY(process::run_checked({.argv = {"depmod", "-b", base.string(), release.string()},
                                .deadline = std::chrono::minutes(5)}));
  return {};
}

bool is_indexed(const fs::path& modules) {
  std::error_code ignored;
  return is_file(modules / "modules.dep.bin") && fs::is_directory(modules / "kernel", ignored);
}

}  // namespace

Result<fs::path> indexed_modules(const fs::path& unpacked, const Options& options) {
  const auto root = options.cache / "kernel";
  const auto base = root / "modules" / digest(unpacked.string());
  auto modules = base / "lib/modules" / unpacked.filename();
  if (is_indexed(modules)) return modules;
  BSC_TRY_ASSIGN(const auto lock, package::Lock::take(root / "lock"));
  if (is_indexed(modules)) return modules;
  if (options.progress)
    options.progress(fmt::format("indexing the modules of {}", unpacked.filename().string()));
  const auto aside = root / "aside";
  std::error_code code;
  fs::remove_all(aside, code);
  BSC_TRY(index(unpacked, aside));
  fs::remove_all(base, code);
  BSC_TRY(make_directories(base.parent_path()));
  if (::rename(aside.c_str(), base.c_str()) != 0)
    return os_error(errno, "cannot write {}", base.string());
  return modules;
}

Result<fs::path> given_modules(const fs::path& given, std::string_view release) {
  auto modules = given;
  for (const auto& place : {given, given / release, given / "lib/modules" / release,
                            given / "usr/lib/modules" / release})
    if (is_file(place / "modules.dep")) {
      modules = place;
      break;
    }
  if (!is_file(modules / "modules.dep"))
    return usage_error(
        "modules {}: there is no modules.dep of {}; give what `make modules_install "
        "INSTALL_MOD_PATH=DIR` filled, or run depmod on it",
        given.string(), release);
  BSC_TRY_ASSIGN(const auto index, ModuleIndex::read(modules));
  if (index.files().empty()) return modules;
  const auto& sample = index.files().begin()->second;
  const auto content = read_module(sample);
  if (!content) return usage_error("modules {}: {}", given.string(), content.error().text());
  const auto theirs = release_of(*content);
  if (theirs != release)
    return usage_error(
        "modules {}: they are of {}, the kernel is {}; give the modules of the "
        "same build",
        given.string(), theirs.empty() ? "no kernel" : theirs, release);
  return modules;
}

Result<std::string> read_module(const fs::path& file) {
  BSC_TRY_ASSIGN(auto content, read_file(file));
  if (compression(content).empty()) return content;
  return within(file.string(), decompress(content, kLargestModule));
}

Result<ModuleIndex> ModuleIndex::read(const fs::path& modules) {
  ModuleIndex index;
  BSC_TRY_ASSIGN(const auto dependencies, read_file(modules / "modules.dep"));
  each_line(dependencies, [&](std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const fs::path file = line.substr(0, colon);
    index.files_.emplace(module_name(file), modules / file);
  });
  if (is_file(modules / "modules.builtin")) {
    BSC_TRY_ASSIGN(const auto builtin, read_file(modules / "modules.builtin"));
    each_line(builtin, [&](std::string_view line) { index.builtin_.insert(module_name(line)); });
  }
  return index;
}

std::optional<fs::path> ModuleIndex::file(std::string_view module) const {
  const auto found = files_.find(module_name(module));
  if (found == files_.end()) return std::nullopt;
  return found->second;
}

bool ModuleIndex::builtin(std::string_view module) const {
  return builtin_.contains(module_name(module));
}

}  // namespace bioscope::kernel

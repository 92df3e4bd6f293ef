// SPDX-License-Identifier: GPL-2.0-only
// Modules that a user brings: what their files say of themselves, and whether a kernel takes them.
#include <algorithm>
#include <fstream>

#include "harness/base/file.h"
#include "harness/image/image.h"
#include "harness/image/kmod.h"

namespace bioscope::image {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> words(std::string_view text, char between) {
  std::vector<std::string> result;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(between));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (!word.empty()) result.emplace_back(word);
  }
  return result;
}

// "my_mod" of "build/my-mod.ko"
std::string name_of_file(const fs::path& file) {
  std::string name = file.filename().string();
  name.resize(std::min(name.size(), name.find(".ko")));
  std::ranges::replace(name, '-', '_');
  return name;
}

// The module's own words; nothing for what is none. Takes compressed files as well.
Result<std::optional<ModuleFile>> read(const fs::path& file) {
  const kmod::Context context = kmod::open_context(nullptr);
  if (!context) return host_error("libkmod cannot start");
  kmod_module* raw = nullptr;
  if (kmod_module_new_from_path(context.get(), file.c_str(), &raw) < 0) return std::nullopt;
  const kmod::Object object(raw);
  kmod_list* list = nullptr;
  if (kmod_module_get_info(raw, &list) < 0) return std::nullopt;
  const kmod::Info info(list);
  ModuleFile module{.name = name_of_file(file)};
  kmod_list* entry = nullptr;
  kmod_list_foreach(entry, info.get()) {
    const std::string_view key = kmod_module_info_get_key(entry);
    const std::string_view value = kmod_module_info_get_value(entry);
    if (key == "vermagic") module.vermagic = value;
    if (key == "depends") module.needs = words(value, ',');
    if (key == "name") module.name = value;
  }
  // A module of any age says for which kernel it was built.
  if (module.vermagic.empty()) return std::nullopt;
  list = nullptr;
  if (kmod_module_get_dependency_symbols(raw, &list) < 0) return module;
  const kmod::Symbols symbols(list);
  kmod_list_foreach(entry, symbols.get()) {
    const char* symbol = kmod_module_dependency_symbol_get_symbol(entry);
    const std::uint64_t sum = kmod_module_dependency_symbol_get_crc(entry);
    if (std::string_view(symbol) == "module_layout" && sum != 0) module.layout = sum;
  }
  return module;
}

// Any of the kernel's own, which tells what it takes.
Result<std::optional<ModuleFile>> any_of(const fs::path& directory) {
  std::ifstream lines(directory / "modules.dep");
  for (std::string line; std::getline(lines, line);) {
    BSC_TRY_ASSIGN(auto module, read(directory / line.substr(0, line.find(':'))));
    if (module) return module;
  }
  return std::nullopt;
}

// A kernel that compares checksums looks no further than behind the release.
std::string_view flags(std::string_view vermagic) {
  return vermagic.substr(std::min(vermagic.size(), vermagic.find(' ')));
}

bool fits(const ModuleFile& module, const std::optional<ModuleFile>& own,
          std::string_view release) {
  const std::string_view vermagic = module.vermagic;
  if (!own) return release.empty() || vermagic.substr(0, vermagic.find(' ')) == release;
  if (!module.layout || !own->layout) return vermagic == own->vermagic;
  return module.layout == own->layout && flags(vermagic) == flags(own->vermagic);
}

}  // namespace

Result<ModuleFile> read_module_file(const fs::path& file) {
  std::error_code code;
  if (!fs::is_regular_file(file, code)) return usage_error("{} is no file", file.string());
  char magic[4] = {};
  std::ifstream(file, std::ios::binary).read(magic, sizeof magic);
  if (std::string_view(magic, sizeof magic) != "\177ELF")
    return usage_error("{} is no kernel module (no ELF file; unpack one that is compressed)",
                       file.string());
  BSC_TRY_ASSIGN(auto module, read(file));
  if (!module) return usage_error("{} is no kernel module", file.string());
  return *std::move(module);
}

Status check_module_file(const fs::path& file, const ModuleFile& module, const fs::path& directory,
                         std::string_view release) {
  std::optional<ModuleFile> own;
  if (!directory.empty()) {
    BSC_TRY_ASSIGN(own, any_of(directory));
  }
  if (fits(module, own, release)) return {};
  std::string_view built = module.vermagic;
  while (built.ends_with(' ')) built.remove_suffix(1);
  return usage_error("{} was built for another kernel: {}, and this one is {}; build it for that",
                     file.string(), built, release);
}

}  // namespace bioscope::image

// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kernel/built.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "harness/base/file.h"
#include "harness/kernel/digest.h"
#include "harness/kernel/mapped_file.h"
#include "harness/kernel/vmlinux.h"

namespace bioscope::kernel {
namespace {

namespace fs = std::filesystem;

fs::path names(const fs::path& cache) { return cache / "kernel/name"; }

// The key that a name stands for; empty if the name is unknown.
std::string key_of(std::string_view name, const fs::path& cache) {
  std::error_code code;
  return fs::read_symlink(names(cache) / name, code).filename().string();
}

nlohmann::json to_json(const Origin& origin) {
  return {{"source", origin.source}, {"version", origin.version}, {"variant", origin.variant},
          {"series", origin.series}, {"patches", origin.patches}, {"config", origin.config}};
}

Kernel read_about(const fs::path& place, const nlohmann::json& about) {
  Kernel kernel;
  kernel.release = about.at("release");
  kernel.build_id = about.at("build_id");
  kernel.digest = about.at("digest");
  kernel.pvh = about.at("pvh");
  kernel.vmlinux = place / "vmlinux";
  kernel.boot = kernel.vmlinux;
  kernel.config = place / "config";
  kernel.modules = place / "lib/modules" / kernel.release;
  const auto& from = about.at("origin");
  Origin origin{.source = from.at("source"),
                .version = from.at("version"),
                .variant = from.at("variant"),
                .series = from.at("series"),
                .patches = from.at("patches"),
                .config = from.at("config")};
  std::error_code ignored;
  if (fs::is_directory(place / "series", ignored)) origin.files = place / "series";
  if (fs::is_directory(place / "debug", ignored)) origin.debug = place / "debug";
  kernel.version = origin.version;
  kernel.origin = std::move(origin);
  return kernel;
}

// Whoever trims the cache takes what was not used for the longest time.
void mark_used(const fs::path& place) { ::utimensat(AT_FDCWD, place.c_str(), nullptr, 0); }

std::optional<Kernel> recall(const fs::path& place) {
  const auto text = read_file(place / "about.json");
  if (!text) return std::nullopt;
  try {
    auto kernel = read_about(place, nlohmann::json::parse(*text));
    std::error_code ignored;
    if (!fs::is_regular_file(kernel.boot, ignored) ||
        !fs::is_regular_file(kernel.modules / "modules.dep", ignored))
      return std::nullopt;
    return kernel;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

fs::path built_place(std::string_view key, const fs::path& cache) {
  return cache / "kernel/built" / key;
}

std::optional<Kernel> recall_built(std::string_view key, const fs::path& cache) {
  const auto place = built_place(key, cache);
  auto kernel = recall(place);
  if (kernel) mark_used(place);
  return kernel;
}

Result<Kernel> built(std::string_view name, const fs::path& cache) {
  BSC_TRY(check_built_name(name));
  const auto key = key_of(name, cache);
  if (key.empty()) {
    std::string known;
    for (const auto& one : list_built(cache)) known += (known.empty() ? "" : ", ") + one.name;
    return usage_error("no kernel was built under this name; {}",
                       known.empty() ? "`bioscope kernel build` makes one" : "there are " + known);
  }
  auto kernel = recall_built(key, cache);
  if (!kernel)
    return usage_error(
        "its files are no longer in the cache; build it again (`bioscope kernel rm "
        "{}` forgets the name)",
        name);
  kernel->spec = fmt::format("built:{}", name);
  return std::move(*kernel);
}

std::vector<Named> list_built(const fs::path& cache) {
  std::vector<Named> result;
  std::error_code code;
  for (fs::directory_iterator entry(names(cache), code), end; !code && entry != end;
       entry.increment(code)) {
    auto name = entry->path().filename().string();
    if (name.starts_with('.')) continue;
    if (auto kernel = recall(built_place(key_of(name, cache), cache)))
      result.push_back({.name = std::move(name), .kernel = std::move(*kernel)});
  }
  std::ranges::sort(result, {}, &Named::name);
  return result;
}

Status remove_built(std::string_view name, const fs::path& cache) {
  BSC_TRY(check_built_name(name));
  const auto key = key_of(name, cache);
  if (key.empty())
    return usage_error("kernel {}: there is no such name; `bioscope kernel list` shows all", name);
  std::error_code code;
  if (!fs::remove(names(cache) / name, code))
    return os_error(code.value(), "cannot remove {}", (names(cache) / name).string());
  bool shared = false;
  for (fs::directory_iterator entry(names(cache), code), end; !code && entry != end;
       entry.increment(code))
    shared |= key_of(entry->path().filename().string(), cache) == key;
  if (shared) return {};
  fs::remove_all(built_place(key, cache), code);
  if (code) return os_error(code.value(), "cannot remove {}", built_place(key, cache).string());
  return {};
}

Status describe_built(const fs::path& place, std::string_view key, const Origin& origin) {
  BSC_TRY_ASSIGN(const auto file, MappedFile::open(place / "vmlinux"));
  BSC_TRY_ASSIGN(const auto facts, parse_vmlinux(file.bytes()));
  if (!facts.pvh)
    return usage_error("the kernel that was built has no PVH note; CONFIG_PVH must stay on");
  const nlohmann::json about = {{"schema", 1},
                                {"release", facts.release},
                                {"build_id", facts.build_id},
                                {"digest", digest(fmt::format("{}:{}", key, digest(file.bytes())))},
                                {"pvh", facts.pvh},
                                {"origin", to_json(origin)}};
  return write_file(place / "about.json", about.dump(1) + "\n", true);
}

Status check_built_name(std::string_view name) {
  const bool good = !name.empty() && name[0] != '.' && name[0] != '-' && name.size() <= 100 &&
                    name.find_first_not_of(
                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789.+-_=~") == std::string_view::npos;
  if (good) return {};
  return usage_error("\"{}\" can be no name of a kernel; use letters, digits and . + - _ = ~",
                     name);
}

Status name_built(std::string_view name, std::string_view key, const fs::path& cache) {
  BSC_TRY(make_directories(names(cache)));
  const auto link = names(cache) / name;
  const auto aside = names(cache) / fmt::format(".{}.{}", name, ::getpid());
  std::error_code code;
  fs::remove(aside, code);
  fs::create_symlink(fs::path("../built") / key, aside, code);
  if (code) return os_error(code.value(), "cannot write {}", aside.string());
  if (::rename(aside.c_str(), link.c_str()) != 0)
    return os_error(errno, "cannot write {}", link.string());
  return {};
}

Status keep_debug(const Origin& origin, const std::filesystem::path& directory) {
  if (origin.debug.empty()) return {};
  std::error_code code;
  std::filesystem::create_directories(directory, code);
  if (code) return os_error(code.value(), "cannot make {}", directory.string());
  for (const auto& entry : std::filesystem::directory_iterator(origin.debug, code)) {
    std::filesystem::create_hard_link(entry.path(), directory / entry.path().filename(), code);
    if (!code) continue;
    // Another file system, or one without links.
    std::filesystem::remove_all(directory, code);
    std::filesystem::create_directory_symlink(origin.debug, directory, code);
    break;
  }
  if (code) return os_error(code.value(), "cannot keep {}", origin.debug.string());
  return {};
}

}  // namespace bioscope::kernel

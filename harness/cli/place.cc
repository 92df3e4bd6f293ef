// SPDX-License-Identifier: GPL-2.0-only
#include "harness/cli/place.h"

#include <cstdlib>
#include <system_error>

#include "harness/base/file.h"
#include "harness/cache/cache.h"

namespace bioscope::cli {
namespace {

// The first of `candidates`, relative to the program's directory, that exists.
Result<std::filesystem::path> part(std::string_view what,
                                   std::initializer_list<const char*> candidates) {
  BSC_TRY_ASSIGN(const auto self, program());
  std::string looked;
  for (const char* candidate : candidates) {
    const auto path = (self.parent_path() / candidate).lexically_normal();
    if (std::filesystem::exists(path)) return path;
    looked += (looked.empty() ? "" : ", ") + path.string();
  }
  return host_error("cannot find the {} (looked for {}); build or install bioscope again", what,
                    looked);
}

}  // namespace

Result<std::filesystem::path> program() {
  std::error_code code;
  auto self = std::filesystem::read_symlink("/proc/self/exe", code);
  if (code) return os_error(code.value(), "cannot find this program");
  return self;
}

Result<std::filesystem::path> agent() {
  return part("guest agent", {"guest/agent/bioscope-agent", "../libexec/bioscope/bioscope-agent"});
}

Result<run::Manifest> manifest() {
  BSC_TRY_ASSIGN(const auto path,
                 part("agent's manifest", {"manifest.json", "../share/bioscope/manifest.json"}));
  return run::read_manifest(path);
}

Result<verdict::Support> support() {
  BSC_TRY_ASSIGN(const auto path, part("table of support", {"../suites/support.toml",
                                                            "../share/bioscope/suites/support.toml",
                                                            "../share/bioscope/support.toml"}));
  BSC_TRY_ASSIGN(const auto text, read_file(path));
  return verdict::Support::parse(text);
}

Result<std::filesystem::path> mutants() {
  return part("mutants", {"../patches/mutants", "../share/bioscope/patches/mutants"});
}

std::filesystem::path cache() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
    return std::filesystem::path(cache) / "bioscope";
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home != nullptr && *home != '\0' ? home : "/var/cache") /
         ".cache/bioscope";
}

Status hold_cache() {
  static Result<cache::Use> use = cache::Use::begin(cache());
  if (!use) return std::unexpected(use.error());
  return {};
}

std::filesystem::path default_results() {
  if (const auto self = program()) {
    const auto tree = self->parent_path().parent_path();
    if (std::filesystem::exists(tree / "suites/support.toml")) return tree / "results/runs";
  }
  return "bioscope-results";
}

}  // namespace bioscope::cli

// SPDX-License-Identifier: GPL-2.0-only
#include "bench/warm_tree.h"

#include <cstdlib>

#include <fmt/core.h>

#include "harness/base/file.h"
#include "harness/process/process.h"

namespace bioscope::bench {

namespace fs = std::filesystem;

fs::path cache() {
  if (const char* xdg = std::getenv("XDG_CACHE_HOME")) return fs::path(xdg) / "bioscope";
  return fs::path(std::getenv("HOME")) / ".cache/bioscope";
}

Result<fs::path> warm_place(const Bench& bench) {
  BSC_TRY(process::run_checked({.argv = {bench.program.string(), "kernel", "build", "--source",
                                         "debian:6.1", "--name", "bench-base"}}));
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(cache() / "kernel/build", code))
    if (entry.path().filename().string().starts_with("debian-6.1-") &&
        fs::exists(entry.path() / "tree/out-plain/vmlinux"))
      return entry.path();
  return host_error("no build of debian:6.1 in {}", cache().string());
}

// Without the objects of other variants, which are as large again.
Status copy_warm_tree(const fs::path& place, const fs::path& to) {
  BSC_TRY(make_directories(to));
  const auto script = fmt::format(
      "tar -C {} --format=posix --exclude='./out-[!p]*' -cf - . | tar -C {} -xf -",
      process::shell_quoted((place / "tree").string()), process::shell_quoted(to.string()));
  BSC_TRY(process::run_checked({.argv = {"sh", "-c", script}}));
  return {};
}

std::map<std::string, std::string> make_environment(const fs::path& place) {
  return {
      {"CCACHE_DIR", (cache() / "ccache").string()},
      {"CCACHE_NOHASHDIR", "1"},
      // As the tree was built: with any other flags all of it would be built again.
      {"KCFLAGS", fmt::format("-fdebug-prefix-map={}=/usr/src/linux", (place / "tree").string())},
      {"KBUILD_BUILD_TIMESTAMP", "1970-01-01 00:00:00 +0000"},
      {"MAKEFLAGS", ""},
      {"MAKELEVEL", ""}};
}

Status plain_make(const fs::path& place, const fs::path& tree) {
  BSC_TRY(process::run_checked(
      {.argv = {"make", "-C", tree.string(), "O=out-plain", "-j2", "ARCH=x86_64", "CC=ccache gcc",
                "LOCALVERSION=-bioscope", "bzImage", "modules"},
       .environment = make_environment(place)}));
  return {};
}

}  // namespace bioscope::bench

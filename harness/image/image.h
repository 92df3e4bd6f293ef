// SPDX-License-Identifier: GPL-2.0-only
// Images: an initramfs of the agent as pid 1, the modules a scenario needs with everything they
// depend on, a table by which the agent answers request_module, and guest tools with their
// libraries out of unpacked packages. Addressed by content, built without root, cached.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::image {

struct Entry {
  std::filesystem::path host{};  // a regular file
  std::string guest{};           // absolute path in the image
  unsigned mode = 0;             // 0: the host file's
};

struct ImageSpec {
  std::filesystem::path agent{};        // static; becomes /init
  std::filesystem::path modules{};      // .../lib/modules/RELEASE with modules.dep; may be empty
  std::vector<std::string> needs{};     // modules to include, with their closure: "dm_mod", "brd"
  std::vector<std::string> optional{};  // included if the kernel has them: "pvpanic_mmio"
  std::vector<std::string> tools{};     // packages' programs: "mdadm", "ndctl", "fio"
  std::vector<Entry> files{};           // the user's own
  std::filesystem::path cache{};
  std::function<void(std::string_view)> progress{};
};

struct Image {
  std::filesystem::path path{};        // newc, zstd
  std::string digest{};                // of the content
  std::vector<std::string> modules{};  // included, in an order that loads
  std::vector<std::string> builtin{};  // needs that are built into the kernel
};

// Whether a package is known for this guest tool.
bool knows_tool(std::string_view tool);
// Why one that is not known cannot come along, and what can.
std::string no_package();

// What the file of a user's own module says of itself.
struct ModuleFile {
  std::string name{};                     // as the kernel calls it: dm_mod
  std::vector<std::string> needs{};       // modules that it depends on
  std::string vermagic{};                 // "6.1.0-56-amd64 SMP preempt mod_unload modversions"
  std::optional<std::uint64_t> layout{};  // checksum of struct module, where symbols have some
};

// A usage error for a file that is none, or that is compressed.
Result<ModuleFile> read_module_file(const std::filesystem::path& file);

// A usage error if a kernel of this release, with modules in this directory (or none), would refuse
// the module as built for another.
Status check_module_file(const std::filesystem::path& file, const ModuleFile& module,
                         const std::filesystem::path& directory, std::string_view release);

// A missing module or tool is a usage error that names it and the kernel's module directory.
Result<Image> build(const ImageSpec& spec);

// /etc/bioscope/modules in the image, read by the agent:
//   module NAME PATH DEPENDENCY...      in an order that loads; PATH is an uncompressed .ko
//   alias PATTERN NAME                  shell pattern, as modules.alias
//   softdep NAME pre|post MODULE
//   builtin NAME
// Aliases cover every module of the image.
inline constexpr char kModuleTable[] = "/etc/bioscope/modules";

}  // namespace bioscope::image

// SPDX-License-Identifier: GPL-2.0-only
// Modules: the closure of a scenario's needs in a kernel's module directory, dependencies and soft
// dependencies included, and the table of it for the agent. Owns libkmod; the host's own
// modprobe.d plays no part. For this folder alone.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::image {

struct Module {
  std::string name{};                  // as the kernel says: dm_mod
  std::filesystem::path path{};        // on the host
  std::vector<std::string> depends{};  // all of them, in an order that loads
  std::vector<std::string> before{};   // soft dependencies in the closure
  std::vector<std::string> after{};
};

struct Closure {
  std::vector<Module> modules{};       // in an order that loads
  std::vector<std::string> builtin{};  // the needs that are built in
};

// Needs and options may be names with - or _, or aliases ("crypto-xts"). A need that the kernel
// lacks is a usage error; an absent option is left out.
Result<Closure> find_closure(const std::filesystem::path& directory,
                             const std::vector<std::string>& needs,
                             const std::vector<std::string>& optional);

// Where a module lies in the guest: uncompressed.
std::string guest_path(const std::filesystem::path& directory, const Module& module);

// The text of kModuleTable.
Result<std::string> module_table(const std::filesystem::path& directory, const Closure& closure);

}  // namespace bioscope::image

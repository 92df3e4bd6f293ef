// SPDX-License-Identifier: GPL-2.0-only
// Module directories (lib/modules/RELEASE): made usable for libkmod in the cache, or a user's own
// checked against the kernel; and which file holds a module. This folder only.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "harness/base/result.h"
#include "harness/kernel/kernel.h"

namespace bioscope::kernel {

// A package's unpacked directory has no modules.dep: one beside it in the cache, with depmod's
// files of its own and the modules by a link.
Result<std::filesystem::path> indexed_modules(const std::filesystem::path& unpacked,
                                              const Options& options);

// --modules DIR: the directory itself or what `make modules_install INSTALL_MOD_PATH=DIR` filled.
// A usage error if it is not usable or its modules are of another release.
Result<std::filesystem::path> given_modules(const std::filesystem::path& given,
                                            std::string_view release);

// The content of a .ko, uncompressed.
Result<std::string> read_module(const std::filesystem::path& file);

class ModuleIndex {
 public:
  static Result<ModuleIndex> read(const std::filesystem::path& modules);

  // Names with - and _ are the same.
  std::optional<std::filesystem::path> file(std::string_view module) const;
  bool builtin(std::string_view module) const;

  const std::map<std::string, std::filesystem::path>& files() const { return files_; }

 private:
  std::map<std::string, std::filesystem::path> files_;
  std::set<std::string> builtin_;
};

}  // namespace bioscope::kernel

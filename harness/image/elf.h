// SPDX-License-Identifier: GPL-2.0-only
// Elf: what the loader of a program or library will look for. Owns libelf. For this folder alone.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::image {

struct Dynamic {
  unsigned machine = 0;               // e_machine
  int bits = 0;                       // 32 or 64
  std::string interpreter{};          // empty: none
  std::vector<std::string> needed{};  // sonames or paths
  std::vector<std::string> rpath{};   // not split by origin: may hold $ORIGIN
  bool runpath = false;               // rpath came as DT_RUNPATH: not for libraries of libraries
};

// Nothing if the file is no ELF file with a dynamic section.
Result<std::optional<Dynamic>> read_dynamic(const std::filesystem::path& path);

}  // namespace bioscope::image

// SPDX-License-Identifier: GPL-2.0-only
// Kernel modules as ELF files, for rogue_module: reads what a kernel expects of its modules out of
// one of them, and writes a relocatable file. Pure. x86-64, as the kernels under test.
#pragma once

#include <elf.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::scenario {

// What a module has to look like to be taken by the kernel that `donor` was built for.
struct ModuleShape {
  std::uint64_t struct_size = 0;  // of struct module
  std::uint64_t name_offset = 0;  // in it
  std::uint64_t init_offset = 0;  // in it
  std::string vermagic{};
  std::string layout_version{};  // the entry of __versions; empty without CONFIG_MODVERSIONS
};

// From any module with an init function; the error says that it is none.
Result<ModuleShape> read_shape(std::string_view donor);

struct Relocation {
  std::uint64_t offset = 0;
  std::uint32_t type = 0;
  std::string symbol{};
  std::int64_t addend = 0;
};

struct Section {
  std::string name{};
  std::uint64_t flags = 0;
  std::uint64_t alignment = 1;
  std::string content{};
  std::vector<Relocation> relocations{};
};

struct Symbol {
  std::string name{};
  std::string section{};  // at its start
  bool global = false;
  bool function = false;
};

std::string write_relocatable(const std::vector<Section>& sections,
                              const std::vector<Symbol>& symbols);

}  // namespace bioscope::scenario
